/* Appended to a report by "run page": does with it what a person would, and leaves a verdict. */
(() => {
  const faults = [];
  const check = (words, fact) => { if (!fact) faults.push(words); };
  window.onerror = message => faults.push(message);
  const canvas = $("time"), box = () => canvas.getBoundingClientRect();
  const mouse = (type, px, py) =>
    canvas.dispatchEvent(new MouseEvent(type, {clientX: box().left + px, clientY: box().top + py, bubbles: true}));
  const key = name => canvas.dispatchEvent(new KeyboardEvent("keydown", {key: name}));
  const find = words => { $("find").value = words; $("find").oninput(); return $("found").textContent; };
  const attempt = attempts[5], middle = () => x((attempt.start + attempt.end) / 2), row = rowTop(attempt.worker) + ROW / 2;

  look(attempt.start - 2000, attempt.end + 2000);
  mouse("mousemove", middle(), row);
  check("hovering tells the transaction", tip.textContent.includes("transaction " + attempt.tx) && tip.style.display === "block");
  mouse("mousedown", middle(), row);
  mouse("mouseup", middle(), row);
  check("clicking picks it", chosen === attempt.tx && !$("picked").hidden && $("picked").textContent.includes(txs[attempt.tx].hash));
  const span = view.to - view.from;
  canvas.dispatchEvent(new WheelEvent("wheel", {deltaY: -200, ctrlKey: true, clientX: box().left + 400, cancelable: true}));
  check("the wheel zooms", view.to - view.from < span);
  key("0");
  check("0 shows all", view.from === 0 && view.to === data.end_ns);
  key("+");
  const from = view.from;
  mouse("mousedown", 400, 60);
  mouse("mousemove", 300, 60);
  window.dispatchEvent(new MouseEvent("mouseup"));
  check("dragging moves", view.from > from);
  key("Escape");
  check("Escape lets go", chosen === null && $("picked").hidden);

  document.querySelectorAll("#txs th button")[5].click();
  check("a click on a title sorts", $("txs").tBodies[0].rows[0].dataset.tx === String(txs.reduce((a, b) => b.alone > a.alone ? b : a).index));
  check("a number finds one", find("7").startsWith("1 of ") && $("txs").tBodies[0].rows[0].dataset.tx === "7");
  check("a hash finds one", find(txs[3].hash).startsWith("1 of "));
  check("nonsense finds none", find("nonsense").startsWith("0 of "));
  check("nothing finds all", find("") === txs.length + " transactions");
  for (const button of document.querySelectorAll("#keys button")) button.click();
  check("names of colours hide", !shown.has("final"));
  document.body.append(make("output", {id: "verdict"}, faults.length === 0 ? "all as it should be" : faults.join("; ")));
})();
