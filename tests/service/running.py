"""Real services as child processes, and raw sockets to talk to them.

Raw, because most of what is to be tried is nothing that a well-behaved HTTP client would send.
"""
import contextlib
import dataclasses
import http.client
import io
import json
import os
import select
import signal
import socket
import subprocess
import threading
import urllib.parse

START_SECONDS = 20
STOP_SECONDS = 20
ANSWER_SECONDS = 60  # longer than any deadline of the services
KNOWS = {"broker": (), "user": ("broker",), "order": ("broker", "user"), "notify": ("broker",)}


@dataclasses.dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)

    def media_type(self):
        return self.headers.get_content_type()

    def problem(self):
        """The name of the problem; None if the body is none."""
        if self.media_type() != "application/problem+json":
            return None
        return self.json()["type"].removeprefix("urn:msdemo:problem:")


@dataclasses.dataclass(frozen=True)
class Request:
    """A request as bytes will say it; `headers` may lie about `body`."""
    method: str
    target: str
    headers: tuple = ()
    body: bytes = b""

    def having(self, **changes):
        return dataclasses.replace(self, **changes)

    def plus(self, *headers):
        return self.having(headers=self.headers + headers)

    def without(self, name):
        kept = tuple(header for header in self.headers if header[0].lower() != name.lower())
        return self.having(headers=kept)

    def to_bytes(self):
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + self.body


def post(target, body, *headers):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request("POST", target, (
        ("Host", "127.0.0.1"), ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))), *headers), body)


def put(target, body):
    return post(target, body).having(method="PUT")


def get(target, *headers):
    return Request("GET", target, (("Host", "127.0.0.1"), *headers))


def delete(target, *headers):
    return get(target, *headers).having(method="DELETE")


def bearer(token):
    return ("Authorization", f"Bearer {token}")


def connect(url):
    parts = urllib.parse.urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=ANSWER_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def read_reply(connection, method="GET"):
    """The next answer, whole; None if the service closed without one."""
    response = http.client.HTTPResponse(connection, method=method)
    try:
        response.begin()
    except http.client.RemoteDisconnected:
        return None
    body = response.read()
    return Reply(response.status, response.headers, body)


def exchange(url, request):
    """Sends one request on a connection of its own. Sending may fail once it was refused."""
    data = request if isinstance(request, bytes) else request.to_bytes()
    method = data.split(b" ", 1)[0].decode("ascii", "replace")
    with connect(url) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(data)
        return read_reply(connection, method)


class Service:
    """One `msdemo serve …`; it ends when this process does."""

    def __init__(self, program, name, folder, *options, port=0):
        self.name = name
        self.log_path = os.path.join(folder, "log")
        os.makedirs(folder, exist_ok=True)
        ready_read, ready_write = os.pipe()
        lifeline_read, self._lifeline = os.pipe()
        command = [program, "serve", name, "--port", str(port), "--admin-port", "0", "--data-dir",
                   folder,
                   "--ready-fd", str(ready_write), "--lifeline-fd", str(lifeline_read), *options]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(ready_write, lifeline_read))
        os.close(ready_write)
        os.close(lifeline_read)
        self.url, self.admin_url = self._await_ready(ready_read)

    def _await_ready(self, descriptor):
        with io.open(descriptor, "r", encoding="utf-8") as pipe:
            readable, _, _ = select.select([pipe], [], [], START_SECONDS)
            line = pipe.readline() if readable else ""
        if not line.startswith("ready "):
            self.process.kill()
            raise RuntimeError(f"{self.name} did not become ready:\n{self.log()}")
        told = json.loads(line.removeprefix("ready "))
        return told["url"], told["admin_url"]

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        """Asks it to end and returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            os.close(self._lifeline)


def start_lab(program, folder, **options):
    """All services, which know each other, by name. `options` has further ones of each."""
    services = {}
    for name, others in KNOWS.items():
        known = [f"--{other}-url={services[other].url}" for other in others]
        services[name] = Service(program, name, f"{folder}/{name}", *known,
                                 *options.get(name, ()))
    return services


class Upstream:
    """Stands where the user service should be, and misbehaves."""

    def __init__(self, answer):
        """`answer` is sent to every request; None: never answers."""
        self._answer = answer
        self._held = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = "http://127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            connection, _ = self._listener.accept()
            self._held.append(connection)
            if self._answer is not None:
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        while connection.recv(65536):
            connection.sendall(self._answer)


def refusing_url():
    """A URL at which nothing listens; the socket keeps its port from anyone else."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    return "http://127.0.0.1:%d" % taken.getsockname()[1], taken
