#!/usr/bin/env python3
"""Compares what a real OpenTelemetry receiver understood with what `msdemo trace show` says.

The receiver is tests/peers/collector. A lab exports to it; orders by call, by message, and one for a
user that does not exist make spans of every kind, with events and with an error.
"""
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

SPANS_SECONDS = 20


class Collector:
    """The receiver; it ends with its standard input."""

    def __init__(self, program):
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True)
        self.endpoint = json.loads(self._process.stdout.readline())["endpoint"]
        self.spans = {}
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            span = json.loads(line)
            with self._news:
                self.spans[span["trace_id"], span["span_id"]] = span
                self._news.notify_all()

    def wait_for(self, keys):
        with self._news:
            self._news.wait_for(lambda: keys <= self.spans.keys(), SPANS_SECONDS)

    def stop(self):
        self._process.stdin.close()
        self._reader.join()
        return self._process.wait()


def expected(trace_id, span):
    """A span of `trace show --json` in the receiver's words."""
    return {
        "service": span["service"],
        "trace_id": trace_id,
        "span_id": span["span_id"],
        "parent_span_id": span["parent_span_id"] or "",
        "name": span["name"],
        "kind": span["kind"].capitalize(),
        "start_unix_nano": span["start_unix_nano"],
        "end_unix_nano": span["end_unix_nano"],
        "attributes": span["attributes"],
        "events": span["events"],
        "status": span["status"]["code"].capitalize(),
        "status_message": span["status"]["message"],
    }


def differences(trace_id, spans, understood):
    for span in spans:
        wanted = expected(trace_id, span)
        found = understood.get((trace_id, span["span_id"]))
        if found is None:
            yield f"{span['name']} of {span['service']} never arrived"
            continue
        for field, value in wanted.items():
            if found[field] != value:
                yield f"{span['name']}: {field} is {value!r}, understood as {found[field]!r}"


class Lab:
    def __init__(self, program, folder, endpoint):
        self._program = program
        self._environment = {**os.environ, "XDG_STATE_HOME": folder,
                             "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}

    def run(self, *arguments):
        done = subprocess.run([self._program, *arguments], env=self._environment,
                              capture_output=True, text=True, timeout=60, check=False)
        return json.loads(done.stdout) if "--json" in arguments else done

    def complete_trace(self, trace_id, names):
        """The trace, once it has spans of all these names."""
        deadline = time.monotonic() + SPANS_SECONDS
        while True:
            spans = self.run("trace", "show", trace_id, "--json").get("spans", [])
            if names <= {span["name"] for span in spans}:
                return spans
            if time.monotonic() > deadline:
                raise RuntimeError(f"{trace_id} has only {sorted(s['name'] for s in spans)}")


def trace_id_of(answer):
    for place in (answer, answer.get("error", {}), *answer.get("orders", [])):
        if place.get("trace_id"):
            return place["trace_id"]
    raise RuntimeError(f"no trace in {answer}")


def orders(lab):
    """(trace id, its spans) of the three orders."""
    create = ("order", "create", "--item", "book", "--json")
    by_call = trace_id_of(lab.run(*create, "--user", "1"))
    by_message = trace_id_of(lab.run(*create, "--user", "1", "--async"))
    failing = trace_id_of(lab.run(*create, "--user", "999999"))
    yield by_call, lab.complete_trace(by_call, {"POST /orders", "SELECT users"})
    yield by_message, lab.complete_trace(by_message, {"process order.confirmed"})
    yield failing, lab.complete_trace(failing, {"POST /orders"})


def main():
    program, collector_program = sys.argv[1:3]
    collector = Collector(collector_program)
    findings, kinds, count = [], set(), 0
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(program, folder, collector.endpoint)
        started = lab.run("up", "-d")
        if started.returncode != 0:
            sys.exit(started.stderr)
        try:
            for trace_id, spans in orders(lab):
                collector.wait_for({(trace_id, span["span_id"]) for span in spans})
                findings += differences(trace_id, spans, collector.spans)
                kinds |= {span["kind"] for span in spans}
                count += len(spans)
        finally:
            lab.run("down")
    if collector.stop() != 0:
        findings.append("the receiver ended with an error")
    missing = {"internal", "server", "client", "producer", "consumer"} - kinds
    if missing:
        findings.append(f"no span of kind {sorted(missing)} was made")
    for finding in findings:
        print(finding)
    print(f"{count} spans of 3 traces compared, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
