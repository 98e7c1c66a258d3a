#!/usr/bin/env python3
"""Checks docs/reference/metrics.md against running services, both ways.

Whatever a service exposes must be in the table, with its type; whatever the table says a service
has must be there. Orders of both styles are placed first, so that everything has something to tell.
"""
import pathlib
import re
import sys
import tempfile

sys.dont_write_bytecode = True
from running import exchange, get, post, start_lab  # noqa: E402

ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<type>\w+) \| (?P<services>[^|]+) \|")
ONLY_EXTERNAL = "with `--db`"
# Prometheus' own conventions (promtool check metrics): a counter is a total, a time is in seconds.
NAME = re.compile(r"^(msdemo|http_server)_[a-z_]+$")


def documented(path):
    """name -> (type, services) of the table."""
    rows = {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        row = ROW.match(line)
        if row and row["services"].strip() != ONLY_EXTERNAL:
            rows[row["name"]] = (row["type"], row["services"].strip().split(", "))
    return rows


def exposed(admin_url):
    """name -> type, as the service tells."""
    text = exchange(admin_url, get("/metrics")).body.decode()
    return dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))


def compare(service, rows, told):
    expected = {name: kind for name, (kind, services) in rows.items()
                if services == ["all"] or service in services}
    for name in sorted(expected.keys() | told.keys()):
        if expected.get(name) != told.get(name):
            yield f"{service}: {name} is documented as {expected.get(name)}, told as {told.get(name)}"


def conventions(told):
    for name, kind in told.items():
        if not NAME.match(name) or (kind == "counter") != name.endswith("_total"):
            yield f"{name}, a {kind}, is not named as Prometheus asks for"


def place_orders(services):
    exchange(services["user"].url, post("/users", {"name": "Ada"}))
    for prefer in ((), (("Prefer", "respond-async, wait=10"),)):
        exchange(services["order"].url, post("/orders", {"user_id": 1, "item_name": "book"}, *prefer))
    for service in services.values():
        exchange(service.url, get("/openapi.yaml"))


def main():
    program, document = sys.argv[1:3]
    rows = documented(document)
    findings = []
    with tempfile.TemporaryDirectory() as folder:
        services = start_lab(program, folder)
        place_orders(services)
        for name, service in services.items():
            told = exposed(service.admin_url)
            findings += [*compare(name, rows, told), *conventions(told)]
        for service in services.values():
            service.stop()
    for finding in findings:
        print(finding)
    print(f"{len(rows)} documented metrics, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
