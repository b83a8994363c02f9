"""The Redis protocol: a client, and a line to a server that can be told to answer wrongly, late, half or not at all."""
import select
import socket
import threading
import time


class Refused(Exception):
    """The server's answer is an error."""


def pack(*words):
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


class Client:
    def __init__(self, port, timeout=10):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def call(self, *words):
        self.socket.sendall(pack(*words))
        return self.read()

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server hung up")
        kind, text = line[:1], line[1:-2]
        if kind == b"+":
            return text
        if kind == b"-":
            raise Refused(text.decode())
        if kind == b":":
            return int(text)
        if kind == b"$":
            size = int(text)
            return None if size < 0 else self.file.read(size + 2)[:-2]
        return None if int(text) < 0 else [self.read() for _ in range(int(text))]


class Line:
    """In front of a server: counts round trips, delays, cuts, and answers some commands itself.

    A round trip is a change of direction, from requests to replies, on one connection."""

    def __init__(self, port):
        self.target, self.delay, self.is_cut, self.turns = port, 0.0, False, 0
        self.lies, self.lied, self.is_ending = {}, {}, False
        self.cut_after = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lines = set()
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.is_ending = True
        self.listener.close()
        self.cut()

    def cut(self):
        for pair in list(self.lines):
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def lie(self, command, answer):
        """Every such command is answered so, and not carried out; None: the truth again."""
        self.lies.pop(command, None)
        if answer is not None:
            self.lies[command] = answer

    def accept(self):
        while not self.is_ending:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                if self.is_ending:
                    return
                client.close()
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.carry, args=(client, server), daemon=True).start()

    def carry(self, client, server):
        pair = (client, server)
        self.lines.add(pair)
        last = None
        try:
            while not self.is_ending:
                for end in select.select(pair, [], [], 1)[0]:
                    data = end.recv(1 << 16)
                    if not data:
                        return
                    if end is client:
                        self.turns += last is not client
                        last = client
                        if self.delay:
                            time.sleep(self.delay)
                        if not self.answered(client, data):
                            server.sendall(data)
                        continue
                    last = server
                    if self.cut_after is not None:
                        self.cut_after -= len(data)
                        if self.cut_after < 0:
                            self.cut_after = None
                            client.sendall(data[:len(data) // 2])
                            return
                    client.sendall(data)
        except OSError:
            pass
        finally:
            self.lines.discard(pair)
            client.close()
            server.close()

    def answered(self, client, data):
        """Only requests that come whole in one piece: a script, a few reads. Others go through."""
        if not self.lies:
            return False
        names, rest = [], data
        while rest.startswith(b"*"):
            head, _, rest = rest.partition(b"\r\n")
            words = []
            for _ in range(int(head[1:])):
                size, _, rest = rest.partition(b"\r\n")
                if not size.startswith(b"$"):
                    return False
                words.append(rest[:int(size[1:])])
                rest = rest[int(size[1:]) + 2:]
            names.append(words[0].decode().upper())
        lies = [name for name in names if name in self.lies]
        if not lies:
            return False
        for name in names:
            answer = self.lies.get(name, self.lies[lies[0]])
            self.lied[name] = self.lied.get(name, 0) + 1
            client.sendall(answer)
        return True
