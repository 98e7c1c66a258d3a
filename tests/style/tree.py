"""What the style checks share: finding the C++ sources, their includes and what CMake lists."""
import dataclasses
import pathlib
import re
import sys
import tempfile

CODE_FOLDERS = ("cli", "server", "tests")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
COMMAND = re.compile(r"(\w+)\s*\(([^()]*)\)")


@dataclasses.dataclass(frozen=True)
class Include:
    line: int
    quoted: bool  # "order/store.hpp", not <vector>
    path: str


def sources(root):
    """Every .cpp and .hpp of the project, as paths relative to its root."""
    files = []
    for folder in CODE_FOLDERS:
        for path in (root / folder).rglob("*.[ch]pp"):
            files.append(path.relative_to(root))
    return sorted(files)


def read(root, path):
    return (root / path).read_text(encoding="utf-8")


def includes(text):
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start(1)) + 1
        yield Include(line, match.group(1) == '"', match.group(2))


def first_comment(text):
    """The lines of `//` comments that a file opens with."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        lines.append(line)
    return lines


def cmake_commands(root, folder):
    """Every command of a folder's CMakeLists.txt: its name and its arguments."""
    path = root / folder / "CMakeLists.txt"
    text = re.sub(r"#.*", "", path.read_text(encoding="utf-8")) if path.exists() else ""
    for name, arguments in COMMAND.findall(text):
        yield name.lower(), arguments.split()


def keyword_arguments(arguments, keywords):
    """Splits CMake arguments at their keywords: {"": […], "SOURCES": […], …}."""
    parts = {"": []}
    current = ""
    for argument in arguments:
        if argument in keywords:
            current = argument
            parts.setdefault(current, [])
        else:
            parts[current].append(argument)
    return parts


def self_test(check, clean_tree, plants):
    """Proves a check: it accepts `clean_tree`, and finds each planted violation in it.

    `clean_tree` maps paths to texts. A plant is (path, text or None to delete it, what the one
    finding must say).
    """
    failures = []
    for path, text, expected in [(None, None, None), *plants]:
        tree = dict(clean_tree)
        if path is not None:
            tree[path] = text
        found = check_tree(check, tree)
        good = not found if path is None else any(expected in line for line in found)
        if not good:
            failures.append(f"planted in {path}: expected {expected!r}, found {found}")
    for failure in failures:
        print(failure)
    print(f"{len(plants) + 1 - len(failures)} of {len(plants) + 1} planted trees judged rightly")
    return 1 if failures else 0


def check_tree(check, tree):
    with tempfile.TemporaryDirectory(prefix="msdemo-style-") as folder:
        root = pathlib.Path(folder)
        for path, text in tree.items():
            if text is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
        return check(root)


def main(check, run_self_test):
    """`script ROOT` checks a tree, `script --self-test` the check itself."""
    if sys.argv[1:] == ["--self-test"]:
        return run_self_test()
    if len(sys.argv) != 2:
        print(f"usage: {sys.argv[0]} ROOT | --self-test", file=sys.stderr)
        return 64
    found = check(pathlib.Path(sys.argv[1]).resolve())
    for line in found:
        print(line)
    print(f"{len(found)} findings")
    return 1 if found else 0
