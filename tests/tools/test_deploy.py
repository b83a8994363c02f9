#!/usr/bin/env python3
"""What lies in deploy/ is true: names of metrics and keys exist, files are what their readers expect.

test_deploy.py [PROGRAM]: with the pevm command, configurations are checked, too.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

try:
    import yaml
except ImportError:
    yaml = None

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
TABLES = ["src/service/service_metrics.def", "src/engine/engine_metrics.def"]
PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else None
YAMLLINT = ("{extends: default, rules: {line-length: disable, document-start: disable, "
            "braces: {max-spaces-inside: 0}, comments: {min-spaces-from-content: 1}}}")

# What was promised to be seen (B-11), by a word of the panel's title.
PROMISED = ["Progress", "Transactions per second", "Gas", "Caches", "Worker pools"]


def known_metrics():
    text = "".join((ROOT / table).read_text() for table in TABLES)
    return set(re.findall(r'"((?:pevm|evm_executor|process)_\w+)"', text))


def named_metrics(text):
    found = re.findall(r"\b((?:pevm|evm_executor|process)_\w+)", text)
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in found}


def run(case, *words):
    """Runs a tool of other people; without it the test is skipped."""
    if shutil.which(words[0]) is None:
        case.skipTest(f"there is no {words[0]}")
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    case.assertEqual(done.returncode, 0, done.stdout + done.stderr)
    return done.stdout + done.stderr


def documents(path):
    class Strict(yaml.SafeLoader):
        pass

    def mapping(loader, node):
        keys = [loader.construct_object(key) for key, _ in node.value
                if key.tag != "tag:yaml.org,2002:merge"]
        if len(keys) != len(set(keys)):
            raise yaml.YAMLError(f"{path}: a key twice in {keys}")
        loader.flatten_mapping(node)
        return loader.construct_mapping(node, deep=True)

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    return [each for each in yaml.load_all(path.read_text(), Strict) if each is not None]


def needs_yaml(case):
    if yaml is None:
        case.skipTest("there is no yaml for Python")


class Metrics(unittest.TestCase):
    def test_every_metric_that_is_asked_for_exists(self):
        for name in ["prometheus/alerts.yml", "prometheus/alerts_test.yml", "grafana/dashboard.json"]:
            with self.subTest(file=name):
                named = named_metrics((DEPLOY / name).read_text())
                self.assertTrue(named)
                self.assertEqual(named - known_metrics(), set())

    def test_prometheus_takes_its_files(self):
        run(self, "promtool", "check", "config", str(DEPLOY / "prometheus/prometheus.yml"))

    def test_alerts_come_when_they_should(self):
        run(self, "promtool", "test", "rules", str(DEPLOY / "prometheus/alerts_test.yml"))

    def test_every_alert_is_tested_and_explained(self):
        rules = re.findall(r"alert: (\w+)", (DEPLOY / "prometheus/alerts.yml").read_text())
        tested = re.findall(r"alertname: (\w+)\n +exp_alerts", (DEPLOY / "prometheus/alerts_test.yml").read_text())
        guide = (ROOT / "docs/operating.md").read_text()
        for rule in rules:
            with self.subTest(rule=rule):
                self.assertIn(rule, tested)
                self.assertIn(rule, guide)


class Dashboard(unittest.TestCase):
    board = json.loads((DEPLOY / "grafana/dashboard.json").read_text())

    def test_it_has_what_was_promised(self):
        titles = [panel["title"] for panel in self.board["panels"]]
        for word in PROMISED:
            self.assertTrue(any(title.startswith(word) for title in titles), word)

    def test_panels_are_whole_and_lie_beside_one_another(self):
        taken, ids = set(), set()
        source = (DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text()
        for panel in self.board["panels"]:
            with self.subTest(panel=panel["title"]):
                place = panel["gridPos"]
                cells = {(place["x"] + i, place["y"] + j)
                         for i in range(place["w"]) for j in range(place["h"])}
                self.assertLessEqual(place["x"] + place["w"], 24)
                self.assertFalse(cells & taken)
                self.assertNotIn(panel["id"], ids)
                self.assertIn("uid: " + panel["datasource"]["uid"], source)
                self.assertTrue(panel["targets"])
                for target in panel["targets"]:
                    self.assertEqual(target["expr"].count("("), target["expr"].count(")"))
                taken |= cells
                ids.add(panel["id"])


class Configurations(unittest.TestCase):
    def check(self, path):
        if PROGRAM is None or not Path(PROGRAM).exists():
            self.skipTest("there is no pevm to ask")
        done = subprocess.run([PROGRAM, "config", "check", "--config", str(path)],
                              capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_examples_are_right(self):
        for path in sorted((DEPLOY / "config").glob("*.yaml")):
            with self.subTest(path=path.name):
                self.check(path)

    def test_the_one_of_the_cluster_is_right(self):
        needs_yaml(self)
        (inside,) = documents(DEPLOY / "kubernetes/configmap.yaml")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pevm.yaml"
            path.write_text(inside["data"]["pevm.yaml"])
            self.check(path)


class Containers(unittest.TestCase):
    def setUp(self):
        needs_yaml(self)

    def test_no_key_is_there_twice(self):
        for path in sorted(DEPLOY.rglob("*.y*ml")):
            with self.subTest(path=path.name):
                self.assertTrue(documents(path))

    def test_compose_names_what_is_there(self):
        folder = DEPLOY / "docker"
        (compose,) = documents(folder / "compose.yaml")
        for name, service in compose["services"].items():
            with self.subTest(service=name):
                self.assertIn("profiles", service)
                for needed in service.get("depends_on", {}):
                    self.assertIn(needed, compose["services"])
                    self.assertIn("healthcheck", compose["services"][needed])
                for volume in service.get("volumes", []):
                    source = volume.split(":")[0]
                    if source.startswith("."):
                        self.assertTrue((folder / source).exists(), source)
                    else:
                        self.assertIn(source, compose["volumes"])

    def test_compose_itself_takes_the_file(self):
        run(self, "docker-compose", "--profile", "several", "-f", str(DEPLOY / "docker/compose.yaml"), "config")

    def test_images_have_versions_and_no_hosts(self):
        text = "".join(path.read_text() for path in [DEPLOY / "docker/Dockerfile", DEPLOY / "docker/compose.yaml",
                                                     *sorted((DEPLOY / "kubernetes").glob("*.yaml"))])
        images = re.findall(r"(?:^FROM|^ +image:) \"?([^\s\"]+)", text, re.M)
        self.assertGreater(len(images), 5)
        for image in images:
            with self.subTest(image=image):
                self.assertNotIn(".", image.split("/")[0] if "/" in image else "")
                self.assertNotIn("latest", image)
                self.assertTrue(image == "pevm" or ":" in image)

    def test_the_image_has_what_it_copies(self):
        for source in re.findall(r"^COPY (deploy/\S+)", (DEPLOY / "docker/Dockerfile").read_text(), re.M):
            self.assertTrue((ROOT / source).exists(), source)


class Kubernetes(unittest.TestCase):
    def setUp(self):
        needs_yaml(self)
        (self.list,) = documents(DEPLOY / "kubernetes/kustomization.yaml")
        self.all = [each for name in self.list["resources"] for each in documents(DEPLOY / "kubernetes" / name)]

    def one(self, kind, name):
        found = [each for each in self.all if each["kind"] == kind and each["metadata"]["name"] == name]
        self.assertEqual(len(found), 1, (kind, name))
        return found[0]

    def test_every_file_is_in_the_list(self):
        files = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}
        self.assertEqual(files, set(self.list["resources"]))

    def test_what_is_mounted_is_there(self):
        for kind, name in [("Deployment", "pevm"), ("StatefulSet", "pevm-redis")]:
            spec = self.one(kind, name)["spec"]
            pod = spec["template"]["spec"]
            there = {volume["name"] for volume in pod["volumes"] + [
                {"name": claim["metadata"]["name"]} for claim in spec.get("volumeClaimTemplates", [])]}
            for volume in pod["volumes"]:
                if "secret" in volume:
                    self.one("Secret", volume["secret"]["secretName"])
                if "configMap" in volume:
                    self.one("ConfigMap", volume["configMap"]["name"])
            for container in pod["containers"]:
                self.assertLessEqual({mount["name"] for mount in container["volumeMounts"]}, there)
                self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
                self.assertFalse(container["securityContext"]["allowPrivilegeEscalation"])
                self.assertIn("memory", container["resources"]["limits"])

    def test_the_pods_are_asked_the_right_questions_and_given_time(self):
        spec = self.one("Deployment", "pevm")["spec"]
        pod = spec["template"]["spec"]
        container = pod["containers"][0]
        labels = spec["template"]["metadata"]["labels"]
        self.assertEqual(spec["replicas"], 2)
        self.assertGreaterEqual(pod["terminationGracePeriodSeconds"], 60)
        self.assertIn("podAntiAffinity", pod["affinity"])
        self.assertTrue(pod["securityContext"]["runAsNonRoot"])
        self.assertEqual(container["livenessProbe"]["httpGet"]["path"], "/livez")
        self.assertEqual(container["readinessProbe"]["httpGet"]["path"], "/readyz")
        self.assertEqual(spec["selector"]["matchLabels"], labels)
        self.assertEqual(self.one("Service", "pevm")["spec"]["selector"], labels)
        self.assertEqual(self.one("PodDisruptionBudget", "pevm")["spec"]["selector"]["matchLabels"], labels)


class Machines(unittest.TestCase):
    def test_systemd_takes_the_unit(self):
        text = (DEPLOY / "systemd/pevm.service").read_text()
        self.assertIn("/usr/local/bin/pevm run", text)
        text = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text)
        text = re.sub(r"Documentation=.*\n", "", text)  # is installed elsewhere
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pevm.service"
            path.write_text(text)
            self.assertEqual(run(self, "systemd-analyze", "verify", str(path)).strip(), "")

    def test_yaml_is_tidy(self):
        run(self, "yamllint", "--strict", "-d", YAMLLINT, str(DEPLOY))

    def test_the_script_is_one(self):
        run(self, "bash", "-n", str(DEPLOY / "docker/ask"))


if __name__ == "__main__":
    program = unittest.main(exit=False, verbosity=0)
    result = program.result
    for case, why in result.skipped:
        print(f"skipped: {case}: {why}")
    bad = len({str(getattr(case, "test_case", case)) for case, _ in result.failures + result.errors})
    print(f"{result.testsRun - bad - len(result.skipped)} passed, {bad} failed, {len(result.skipped)} skipped")
    sys.exit(bad > 0)
