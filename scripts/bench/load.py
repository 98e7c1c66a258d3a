"""The load that bench-peers puts on all contestants alike: wrk, and connections that only stay."""
import contextlib
import http.client
import re
import select
import urllib.parse

from bench.machine import WORK, Failed, run

ORDER = b'{"user_id":1,"item_name":"book"}'
JSON = {"Content-Type": "application/json"}
ASYNC = {"Prefer": "respond-async"}
WARM_UP_SECONDS = 1
MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


def connect(url):
    parts = urllib.parse.urlsplit(url)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)


def request(url, method, path, body=None):
    with contextlib.closing(connect(url)) as connection:
        connection.request(method, path, body, JSON)
        reply = connection.getresponse()
        return reply.status, reply.read()


def expect(status, answer):
    if answer[0] != status:
        raise Failed(f"expected {status}, got {answer[0]}: {answer[1][:200]!r}")


def order_script(headers):
    """wrk's script that places orders."""
    lines = ['wrk.method = "POST"', f"wrk.body = '{ORDER.decode()}'"]
    lines += [f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items()]
    path = WORK / "order.lua"
    path.write_text("\n".join(lines) + "\n")
    return ["--script", str(path)]


def wrk(url, connections, seconds, script=()):
    """What wrk reports of `seconds` of load, after a warm-up."""
    for duration in (WARM_UP_SECONDS, seconds):
        text = run("wrk", "--threads", "1", "--connections", str(connections), "--latency",
                   "--duration", f"{duration}s", *script, url)
    if errors := re.findall(r"Non-2xx.*|Socket errors.*", text):
        raise Failed(f"the load met errors, so its rate means nothing: {'; '.join(errors)}")
    return text


def rate(report):
    return float(re.search(r"Requests/sec:\s+([\d.]+)", report).group(1))


def p99_ms(report):
    value, unit = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s|m)$", report, re.MULTILINE).groups()
    return float(value) * MILLISECONDS[unit]


class IdleConnections:
    """Connections that have had one answer each and are kept."""

    def __init__(self, url, path, count):
        self.connections = []
        try:
            for _ in range(count):
                connection = connect(url)
                self.connections.append(connection)
                connection.request("GET", path)
                connection.getresponse().read()
        except OSError as error:
            held = len(self.connections)
            self.close()
            raise Failed(f"idle connection {held} of {count}: {error}") from error

    def check(self):
        """Fails unless all are still open: the server has said nothing more, and not hung up."""
        poll = select.poll()
        for connection in self.connections:
            if connection.sock is not None:
                poll.register(connection.sock, select.POLLIN)
        count = len(self.connections)
        kept = sum(connection.sock is not None for connection in self.connections)
        kept -= len(poll.poll(0))
        if kept != count:
            raise Failed(f"of {count} idle connections the service kept only {kept}")

    def close(self):
        for connection in self.connections:
            connection.close()
