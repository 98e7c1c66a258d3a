#!/usr/bin/env python3
"""Debian's nginx, with the configuration that compose.yaml runs, in front of two user services.

One after the other is asked to end under load and comes back at its port: no request may fail. Two
stores, because this is about HTTP: only reading goes through.
"""
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import report
import running

ROUNDS = 6
CALLERS = 4
ANSWERS = 100  # between two events: nginx has come back to a replica that was away
PATIENCE_SECONDS = 10
# Whoever met a replica as it closed its listener goes to the other after nginx's connect timeout,
# and must not find that one closing, too.
BETWEEN_DRAINS_SECONDS = 2 * 0.25


def free_ports(count):
    """Free ports, and the sockets that keep them for those who ask with SO_REUSEADDR."""
    urls = [running.refusing_url() for _ in range(count)]
    ports = [int(url.rsplit(":", 1)[1]) for url, _ in urls]
    for _, taken in urls:
        taken.close()
    return ports


def configure(template, folder, port, user_ports):
    """The shipped file with this test's addresses; each of its own must be there to be replaced."""
    with open(template, encoding="utf-8") as file:
        text = file.read()
    replacements = {
        "listen 8080 default_server": f"listen 127.0.0.1:{port} default_server",
        "order-service:8001": f"127.0.0.1:{user_ports[0]}",
        "order-service-2:8001": f"127.0.0.1:{user_ports[1]}",
        "user-service:8000": f"127.0.0.1:{user_ports[0]}",
        "user-service-2:8000": f"127.0.0.1:{user_ports[1]}",
        "/tmp/nginx": f"{folder}/nginx",
    }
    for old, new in replacements.items():
        if old not in text:
            raise SystemExit(f"{template} has no `{old}` any more")
        text = text.replace(old, new)
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class Front:
    """nginx as whoever runs this, in a folder of its own."""

    def __init__(self, nginx, folder, configuration, port):
        self.url = f"http://127.0.0.1:{port}"
        self._log = os.path.join(folder, "nginx.log")
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [nginx, "-p", folder, "-c", configuration, "-e", "stderr", "-g", "daemon off;"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._process.poll() is None:
            try:
                running.connect(self.url).close()
                return
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    break
        self.stop()
        raise SystemExit("nginx does not come up")

    def log(self):
        with open(self._log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        self._process.terminate()
        self._process.wait(PATIENCE_SECONDS)


class Load:
    """Asks for user 1 over and over, on kept connections."""

    def __init__(self, port):
        self._port = port
        self._done = threading.Event()
        self.answered = 0
        self.failures = []
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def _run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        while not self._done.is_set():
            failure = None
            try:
                connection.request("GET", "/users/1")
                response = connection.getresponse()
                body = response.read()
                if response.status != 200:
                    failure = f"{response.status} {body[:200]!r}"
            except (OSError, http.client.HTTPException) as error:
                failure = repr(error)
                connection.close()
            with self._lock:
                self.answered += failure is None
                if failure:
                    self.failures.append(failure)

    def await_more(self, count):
        """Until so many further requests were answered."""
        wanted = self.answered + count
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.answered < wanted and time.monotonic() < deadline:
            time.sleep(0.001)

    def finish(self):
        self._done.set()
        for thread in self._threads:
            thread.join()


def start_user(program, folder, port, broker):
    return running.Service(program, "user", folder, "--broker-url", broker, port=port)


def check_rules(found, url):
    created = running.exchange(url, running.post("/users", {"name": "Ada"}))
    found.expect("a POST passes", [] if created.status == 201 else [created.status])

    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    traced = running.exchange(url, running.get(
        "/users/1", ("traceparent", f"00-{trace}-00f067aa0ba902b7-01")))
    answer = traced.headers.get("traceresponse", "")
    found.expect("traceparent passes", [] if trace in answer else [f"traceresponse: {answer}"])

    late = running.exchange(url, running.get("/users/1", ("X-Deadline-Ms", "0")))
    found.expect("X-Deadline-Ms passes", [] if late.status != 200 else [late.status])

    foreign = running.exchange(url, running.get("/users/1").without("Host").plus(
        ("Host", "evil.example")))
    found.expect("a foreign Host is refused", [] if foreign.status == 421 else [foreign.status])

    large = running.exchange(url, running.post("/users", b" " * (64 * 1024 + 1)))
    problem = large.problem() if large else None
    found.expect("the service refuses what is too large",
                 [] if problem == "body-too-large" else [f"{large and large.status} {problem}"])


def check(program, template, nginx, folder):
    found = report.Report()
    ports = free_ports(3)
    broker, taken = running.refusing_url()
    users = {f"user-{i + 1}": start_user(program, f"{folder}/user-{i + 1}", ports[i], broker)
             for i in range(2)}
    for service in users.values():
        running.exchange(service.url, running.post("/users", {"name": "Grace"}))
    front = Front(nginx, folder, configure(template, folder, ports[2], ports[:2]), ports[2])
    try:
        check_rules(found, front.url)
        load = Load(ports[2])
        for _ in range(ROUNDS):
            for i, name in enumerate(users):
                load.await_more(ANSWERS)
                status = users[name].stop()
                found.expect(f"{name} ends", [] if status == 0 else [status])
                load.await_more(ANSWERS)
                users[name] = start_user(program, f"{folder}/{name}", ports[i], broker)
                time.sleep(BETWEEN_DRAINS_SECONDS)
        load.finish()
        print(f"{load.answered} answered, {len(load.failures)} failed, {2 * ROUNDS} drains")
        found.expect("a drain under load fails nothing", load.failures[:5])
        found.expect("there was load", [] if load.answered > 100 else [load.answered])
        if load.failures:
            print(front.log())
    finally:
        front.stop()
        found.stop(users)
        taken.close()
    return found.finish()


def main():
    program, template = sys.argv[1:]
    nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if nginx is None:
        print("skipped: nginx is not installed")
        return 0
    with tempfile.TemporaryDirectory(prefix="msdemo-nginx-") as folder:
        return check(program, template, nginx, folder)


if __name__ == "__main__":
    sys.exit(main())
