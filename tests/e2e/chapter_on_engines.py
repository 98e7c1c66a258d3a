#!/usr/bin/env python3
"""Runs a chapter of the tutorial that needs PostgreSQL, RabbitMQ and Kafka, as a test.

Where one of them is not there the test is skipped, in the words that ctest looks for; where
MSDEMO_TEST_ENGINES_REQUIRED is set, as scripts/test does, it fails instead.
"""
import os
import sys

ENGINES = ("MSDEMO_TEST_POSTGRES", "MSDEMO_TEST_RABBITMQ", "MSDEMO_TEST_KAFKA")


def main():
    program, chapter = sys.argv[1:]
    for variable in ENGINES:
        if os.environ.get(variable):
            continue
        if "MSDEMO_TEST_ENGINES_REQUIRED" in os.environ:
            print(f"failed: {variable} is not set, and no engine's test may be left out here")
            return 1
        print(f"skipped: {variable} is not set; see scripts/engines --help")
        return 0
    os.execv(program, [program, "tutorial", chapter, "--yes"])


if __name__ == "__main__":
    sys.exit(main())
