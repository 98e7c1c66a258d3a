#!/usr/bin/env python3
"""Looks for common misspellings in the documents, the code and its comments, with codespell. Tests
are left out: they misspell on purpose.

codespell knows mistakes, not words, so that names and new words do not trouble it. Where it is not
installed the check exits with 77, which ctest shows as skipped.
"""
import pathlib
import shutil
import subprocess
import sys

SKIPPED = 77
WHERE = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs", "cli", "server", "scripts"]
# Drawn by the program, whose words are checked where they are written.
NOT = "*.svg,*.pyc"
# A function of SQL, two names, and a constant called no.
IGNORED = "hendler,iif,kno,mor"


def check(root):
    """codespell's findings, one a line."""
    places = [name for name in WHERE if (root / name).exists()]
    result = subprocess.run(
        ["codespell", "--quiet-level", "2", "--skip", NOT, "--ignore-words-list", IGNORED, *places],
        cwd=root, capture_output=True, text=True, check=False)
    return [line for line in (result.stdout + result.stderr).splitlines() if line.strip()]


def main():
    if len(sys.argv) != 2:
        print(f"usage: {sys.argv[0]} ROOT", file=sys.stderr)
        return 64
    if shutil.which("codespell") is None:
        print("skipped: codespell is not installed (scripts/setup test)")
        return SKIPPED
    found = check(pathlib.Path(sys.argv[1]).resolve())
    for line in found:
        print(line)
    print(f"{len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
