#!/usr/bin/env python3
"""Checks that every link in the documents leads somewhere: files exist, and so do the headings that
an anchor names. It asks no network; addresses elsewhere are left alone.
"""
import pathlib
import re
import sys
import urllib.parse

sys.dont_write_bytecode = True
import tree  # noqa: E402

FENCE = re.compile(r"^\s*(```|~~~)")
# The end of [text](target) and ![alt](target), the target perhaps with a title.
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
CODE = re.compile(r"`+[^`]*`+")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$")
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def documents(root):
    """Every markdown file that belongs to the project, relative to its root."""
    found = [path for path in root.glob("*.md")]
    for folder in ("docs", "tests", "scripts"):
        found += (root / folder).rglob("*.md")
    return sorted(path.relative_to(root) for path in found)


def prose(text):
    """`text` with the lines of fenced blocks emptied."""
    lines = []
    fence = ""
    for line in text.splitlines():
        mark = FENCE.match(line)
        outside = not fence and not mark
        if mark and not fence:
            fence = mark.group(1)
        elif mark and line.strip() == fence:
            fence = ""
        lines.append(line if outside else "")
    return "\n".join(lines)


def anchor(heading):
    """The name that GitHub and GitLab give a heading."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    kept = re.sub(r"[^\w\- ]", "", plain.lower())
    return kept.replace(" ", "-")


def anchors(text):
    found = set()
    for line in prose(text).splitlines():
        heading = HEADING.match(line)
        if heading:
            name = anchor(heading.group(1))
            number = 0
            while name in found:  # a heading that comes again gets a number
                number += 1
                name = f"{anchor(heading.group(1))}-{number}"
            found.add(name)
    return found


def check_link(root, document, target):
    """What is wrong with a link; nothing if it leads somewhere."""
    path, _, fragment = urllib.parse.unquote(target).partition("#")
    where = (root / document).parent / path if path else root / document
    if not where.exists():
        return f"{target}: there is no such file"
    if root not in where.resolve().parents and where.resolve() != root:
        return f"{target}: leads out of the project"
    if fragment and where.suffix == ".md":
        if fragment not in anchors(where.read_text(encoding="utf-8")):
            return f"{target}: there is no such heading"
    return None


def check(root):
    root = root.resolve()
    found = []
    for document in documents(root):
        # Code is emptied too, but keeps its line breaks; a link's text may go over several lines.
        text = CODE.sub(lambda code: "\n" * code.group().count("\n"),
                        prose(tree.read(root, document)))
        for link in LINK.finditer(text):
            target = link.group(1)
            problem = None if ELSEWHERE.match(target) else check_link(root, document, target)
            if problem:
                number = text.count("\n", 0, link.start(1)) + 1
                found.append(f"{document}:{number}: {problem}")
    return found


CLEAN_TREE = {
    "README.md": ("# A tree\n[a](docs/a.md) [b](docs/a.md#two-words) [c](https://example.org/x)\n"
                  "[here](#a-tree) ![picture](docs/p.svg) `[code](no.md)`\n"
                  "[again](docs/a.md#two-words-1) [odd](docs/a.md#callormessage-a-guide)\n"
                  "```\n[block](no.md)\n```\n"),
    "docs/a.md": "# A\n## Two words\n## `Two` words\n## Call/or/message? A guide\n[up](../README.md)\n",
    "docs/p.svg": "<svg/>",
}

PLANTS = [
    ("README.md", "[a](docs/b.md)\n", "README.md:1: docs/b.md: there is no such file"),
    ("README.md", "# A\n\n[a](docs/a.md#three)\n", "README.md:3: docs/a.md#three: there is no such"),
    ("README.md", "[a](#nowhere)\n", "#nowhere: there is no such heading"),
    ("README.md", "![a](docs/q.svg)\n", "docs/q.svg: there is no such file"),
    ("docs/a.md", "[a](../../etc/hosts)\n", "there is no such file"),
    ("README.md", "[a\nb](docs/b.md)\n", "README.md:2: docs/b.md: there is no such file"),
    ("README.md", "[![a](docs/p.svg)](docs/c.md)\n", "docs/c.md: there is no such file"),
]


if __name__ == "__main__":
    sys.exit(tree.main(check, lambda: tree.self_test(check, CLEAN_TREE, PLANTS)))
