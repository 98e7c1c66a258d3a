#!/usr/bin/env python3
"""Runs two short benches, and checks what they print against the published schema.

The schema allows no field that it does not name, so that nothing is printed which is not documented.
"""
import argparse
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import jsonschema


def problems(schema, document):
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def bench(program, state, *arguments):
    """What `bench --json` prints; that its runs may be INVALID on a busy machine is no matter."""
    done = subprocess.run([program, "bench", "--json", "--warmup", "20ms", *arguments],
                          env={**os.environ, "XDG_STATE_HOME": state}, capture_output=True,
                          timeout=150, check=False)
    if done.returncode not in (0, 2):
        sys.exit(f"bench {' '.join(arguments)} ended with {done.returncode}: "
                 f"{done.stderr.decode()}{done.stdout.decode()}")
    return json.loads(done.stdout)


def planted(document):
    """The same with mistakes that the schema must not let pass."""
    unknown = copy.deepcopy(document)
    unknown["pairs"][0]["surprise"] = 1
    yield "an unknown field", unknown
    missing = copy.deepcopy(document)
    del missing["pairs"][0]["latency_uncorrected"]
    yield "a missing field", missing
    text = copy.deepcopy(document)
    text["pairs"][0]["latency"]["p50_ms"] = "fast"
    yield "a text for a number", text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("schema")
    options = parser.parse_args()
    schema = json.loads(pathlib.Path(options.schema).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    with tempfile.TemporaryDirectory() as state:
        document = bench(options.program, state, "--duration", "200ms", "--rate", "100",
                         "--sweep", "50,100")
        closed = bench(options.program, state, "--duration", "100ms", "--closed", "--style", "sync")
    found = problems(schema, document) + problems(schema, closed)
    for name, mistaken in planted(document):
        if not problems(schema, mistaken):
            found.append(f"the schema lets {name} pass")
    for problem in found:
        print(problem)
    print(f"{len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
