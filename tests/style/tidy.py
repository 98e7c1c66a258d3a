#!/usr/bin/env python3
"""Checks what a compiler does not: sizes, opening comments, banned words, forgotten files.

The numbers and the reasons are in CONTRIBUTING.md.
"""
import re
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402

FILE_LINES = 400
LINE_COLUMNS = 100
FUNCTION_LINES = 60

# Spelled in two halves, so that a search for them finds only real ones.
BANNED = {
    "TO" + "DO": "finish it or file an issue",
    "FIX" + "ME": "finish it or file an issue",
    "sleep" + "_for": "wait for the event itself, not for time to pass",
    "usleep" + "(": "wait for the event itself, not for time to pass",
}

# The text before a `{` tells what it opens.
CONTAINER = re.compile(
    r"^((public|private|protected):\s*)?(template\s*<.*>\s*)?(inline\s+)?"
    r"(namespace|class|struct|enum|union|extern)\b")
NO_FUNCTION = re.compile(r"(=|return|,|\()$|^(TEST_CASE|SCENARIO)\b")

TOKEN = re.compile(
    r'R"(?P<raw>[^()\\ ]*)\(.*?\)(?P=raw)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'"  # a character, not a digit separator
    r"|//[^\n]*|/\*.*?\*/"
    r"|^[ \t]*#[^\n]*", re.DOTALL | re.MULTILINE)


def blank(text):
    """`text` with comments, literals and preprocessor lines emptied; every line break stays."""
    def emptied(match):
        is_literal = match.group()[0] in "R\"'"
        return ("_" if is_literal else "") + "\n" * match.group().count("\n")

    return TOKEN.sub(emptied, text)


def functions(text):
    """(first line, last line) of every function body that is in no other function."""
    stack = []  # (is a container, line of the brace)
    header = ""
    line = 1
    for char in blank(text):
        line += char == "\n"
        if char == "{":
            opener = header.strip()
            stack.append((bool(CONTAINER.search(opener)), line, opener))
            header = ""
        elif char == "}" and stack:
            _, first, opener = stack.pop()
            header = ""
            outermost = all(is_container for is_container, _, _ in stack)
            function = not CONTAINER.search(opener) and not NO_FUNCTION.search(opener)
            if outermost and function and "(" in opener:
                yield first, line
        elif char == ";":
            header = ""
        else:
            header += char


def check_size(path, text):
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield f"{path}: {len(lines)} lines, more than {FILE_LINES}; is it more than one thing?"
    formatted = True
    for number, line in enumerate(lines, 1):
        if "// clang-format o" in line:
            formatted = "// clang-format on" in line
        if formatted and len(line) > LINE_COLUMNS:
            yield f"{path}:{number}: {len(line)} columns, more than {LINE_COLUMNS}"
    for first, last in functions(text):
        if last - first + 1 > FUNCTION_LINES:
            yield f"{path}:{first}: a function of {last - first + 1} lines, over {FUNCTION_LINES}"


def check_opening(root, path, text):
    comment = tree.first_comment(text)
    header = path.with_suffix(".hpp")
    excused = path.suffix == ".cpp" and (
        (root / header).exists() or path.name.endswith("_test.cpp"))
    if not comment and not excused:
        yield f"{path}:1: must open with a comment: what it is, why it exists"
    if path.suffix == ".hpp":
        code = text.splitlines()[len(comment):]
        if not code or code[0] != "#pragma once":
            yield f"{path}: #pragma once must follow the opening comment"


def check_words(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        for word, reason in BANNED.items():
            if word in line:
                yield f"{path}:{number}: {word}: {reason}"
        if path.suffix == ".hpp" and re.match(r"\s*using\s+namespace\b", line):
            yield f"{path}:{number}: using namespace in a header reaches everyone who includes it"


def listed(root):
    """Every .cpp that some CMakeLists.txt names, relative to the root."""
    found = set()
    for folder in tree.CODE_FOLDERS:
        for _, arguments in tree.cmake_commands(root, folder):
            found.update(f"{folder}/{name}" for name in arguments if name.endswith(".cpp"))
    return found


def check_forgotten(root, paths):
    named = listed(root)
    texts = [tree.read(root, path) for path in paths]
    included = {include.path for text in texts for include in tree.includes(text)}
    for path in paths:
        if path.suffix == ".cpp" and path.as_posix() not in named:
            yield f"{path}: no CMakeLists.txt lists it"
        below_root = "/".join(path.parts[1:])
        if path.suffix == ".hpp" and not {below_root, path.name} & included:
            yield f"{path}: nothing includes it"


def check(root):
    paths = tree.sources(root)
    found = list(check_forgotten(root, paths))
    for path in paths:
        text = tree.read(root, path)
        found += check_size(path, text)
        found += check_opening(root, path, text)
        found += check_words(path, text)
    return found


CLEAN_TREE = {
    "server/CMakeLists.txt": "msdemo_library(base SOURCES base/a.cpp base/b.cpp)",
    "tests/CMakeLists.txt": "msdemo_tests(unit SOURCES unit/a_test.cpp)",
    "server/base/a.hpp": "// What.\n// Why.\n#pragma once\n\nint a(int x);\n",
    "server/base/a.cpp": "#include \"base/a.hpp\"\n\nint a(int x) {\n" + "  ++x;\n" * 58 + "}\n",
    "server/base/b.cpp": ("// What.\nnamespace b {\nclass B {\n"
                          + "  int c() { return '{'; }\n" * 70
                          + "};\nconst char* d = R\"x({\"(\n)x\";\n"
                          + "const int e[] = {\n" + "    1'000,\n" * 70 + "};\n}\n"
                          + "// clang-format off\n" + "//" * 60 + "\n// clang-format on\n"),
    "tests/unit/a_test.cpp": "#include \"base/a.hpp\"\n",
}

PLANTS = [
    ("server/base/a.cpp", "#include \"base/a.hpp\"\n" * 401, "401 lines, more than 400"),
    ("server/base/a.cpp", "#include \"base/a.hpp\"\n//" + "é" * 99, "101 columns, more than 100"),
    ("server/base/a.cpp", "int a(int x) {\n" + "  ++x;\n" * 59 + "}\n", "a function of 61 lines"),
    ("server/base/b.cpp", "// What.\nclass B {\n  int c(\n   int x) {\n" + "\n" * 60 + "  }\n};\n",
     "b.cpp:4: a function of 62 lines"),
    ("server/base/b.cpp", "#include \"base/a.hpp\"\n", "must open with a comment"),
    ("server/base/a.hpp", "#pragma once\n", "must open with a comment"),
    ("server/base/a.hpp", "// What.\nint a(int x);\n", "#pragma once must follow"),
    ("server/base/a.hpp", "// What.\n#pragma once\nusing namespace std;\n", "using namespace in"),
    ("server/base/b.cpp", "// What.\n// TO" + "DO: later\n", "finish it or file an issue"),
    ("tests/unit/a_test.cpp", "std::this_thread::sleep" + "_for(1s);\n", "wait for the event"),
    ("server/base/c.cpp", "// What.\n", "no CMakeLists.txt lists it"),
    ("server/base/c.hpp", "// What.\n#pragma once\n", "nothing includes it"),
]


if __name__ == "__main__":
    sys.exit(tree.main(check, lambda: tree.self_test(check, CLEAN_TREE, PLANTS)))
