#!/usr/bin/env python3
"""Checks that readiness follows the broker: off while it is away, back by itself; and the health
command with it. Orders by call go on meanwhile, and orders by message wait in the outbox.
"""
import os
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.dont_write_bytecode = True
from running import Service, exchange, get, post, start_lab  # noqa: E402

TURN_SECONDS = 30


def becomes(status, service):
    """Whether /readyz comes to answer so."""
    deadline = time.monotonic() + TURN_SECONDS
    while exchange(service.admin_url, get("/readyz")).status != status:
        if time.monotonic() > deadline:
            return False
    return True


def health(program, service):
    return subprocess.run([program, "health", service.admin_url], capture_output=True,
                          check=False).returncode


def place(services, *prefer):
    return exchange(services["order"].url, post(
        "/orders", {"user_id": 1, "item_name": "book"}, *prefer)).status


def without_broker(program, services):
    for name in ("user", "order", "notify"):
        if not becomes(503, services[name]):
            yield f"{name} stays ready without its broker"
        reply = exchange(services[name].admin_url, get("/readyz"))
        if "Retry-After" not in reply.headers or b"broker" not in reply.body:
            yield f"{name} does not say what is missing: {reply.body!r}"
        if health(program, services[name]) == 0:
            yield f"the health command finds {name} ready"
    if place(services) != 201 or place(services, ("Prefer", "respond-async")) != 202:
        yield "orders are not accepted while the broker is away"


def main():
    program = sys.argv[1]
    findings = []
    with tempfile.TemporaryDirectory() as folder:
        services = start_lab(program, folder)
        exchange(services["user"].url, post("/users", {"name": "Ada"}))
        for name in ("user", "order", "notify", "broker"):
            if not becomes(200, services[name]) or health(program, services[name]) != 0:
                findings.append(f"{name} is not ready from the start")
        port = urllib.parse.urlsplit(services["broker"].url).port
        services["broker"].stop()
        findings += without_broker(program, services)
        services["broker"] = Service(program, "broker", os.path.join(folder, "broker"),
                                     port=port)
        for name in ("user", "order", "notify"):
            if not becomes(200, services[name]):
                findings.append(f"{name} does not become ready again")
        if place(services, ("Prefer", "respond-async, wait=20")) != 201:
            findings.append("no order by message is confirmed after the broker is back")
        for service in services.values():
            service.stop()
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
