#!/usr/bin/env python3
"""Checks the layer rule: a folder includes and links only folders of lower floors.

All folders share two include roots, so CMake alone would let any file include any other. The rule,
and the order trail whose files name their neighbours, are in docs/ARCHITECTURE.md.
"""
import sys

sys.dont_write_bytecode = True
import tree  # noqa: E402

FLOORS = {
    "base": 0,
    "trace": 1, "metrics": 1, "contracts": 1, "resilience": 1, "faults": 1,
    "http": 2, "storage": 2,
    "messaging": 3,
    "user": 4, "order": 4, "notify": 4, "broker": 4,
    "run": 5,
    "timeline": 6, "lab": 6, "load": 6, "scenario": 6,
    "commands": 7,
    "main": 8,
}

# A library that only one folder may know.
ONLY_IN = {
    "httplib.h": "server/http",
    "SQLiteCpp/": "server/storage",
    "sqlite3.h": "server/storage",
    "pqxx": "server/storage",
    "prometheus/": "server/metrics",
    "rabbitmq-c/": "server/messaging",
    "amqp": "server/messaging",
    "librdkafka/rdkafka.h": "server/messaging",
    "librdkafka/rdkafka_mock.h": "tests/contract",
}

# The files that an order meets, in their order; each names its neighbours in its first comment.
TRAILS = {
    "The order trail": (
        "cli/commands/order.cpp",
        "server/http/client.cpp",
        "server/order/routes.cpp",
        "server/order/service.cpp",
        "server/user/routes.cpp",
        "server/order/store.cpp",
        "cli/timeline/layout.cpp",
    ),
    "Async": (
        "server/order/store.cpp",
        "server/messaging/outbox_relay.cpp",
        "server/user/worker.cpp",
        "server/order/worker.cpp",
        "cli/timeline/layout.cpp",
    ),
}

LIBRARY_KEYWORDS = ("SOURCES", "USES", "LIBRARIES", "PRIVATE")


def on_top(stem):
    """A file on top is its own folder, and those named after it belong to it: run_parts to run."""
    return stem.split("_")[0]


def folder_of(path):
    """The name by which the floors know a source file's folder."""
    return path.parts[1] if len(path.parts) > 2 else on_top(path.stem)


def target_of(include):
    """The folder an include points into, or None if it is not one of ours."""
    folder, slash, _ = include.path.partition("/")
    if not include.quoted or folder == "support":
        return None
    return folder if slash else on_top(include.path.rsplit(".", 1)[0])


def check_include(path, include):
    where = f"{path}:{include.line}"
    for library, home in ONLY_IN.items():
        known_here = path.as_posix().startswith(home + "/")
        if include.path.startswith(library) and not known_here:
            yield f"{where}: only {home} may include <{include.path}>"
    if path.parts[0] == "tests":
        return
    source, target = folder_of(path), target_of(include)
    if target is None or target == source:
        return
    if target not in FLOORS:
        yield f"{where}: \"{include.path}\" is in no known folder"
    elif FLOORS[target] >= FLOORS[source]:
        yield (f"{where}: {source} (floor {FLOORS[source]}) must not include {target} "
               f"(floor {FLOORS[target]})")


def check_includes(root):
    for path in tree.sources(root):
        if path.parts[0] != "tests" and folder_of(path) not in FLOORS:
            yield f"{path}: its folder has no floor; give it one in tests/style/layers.py"
            continue
        for include in tree.includes(tree.read(root, path)):
            yield from check_include(path, include)


def libraries(root):
    """The folders that CMake makes libraries of, and what each of them links: {name: [names]}."""
    found = {}
    for folder in ("server", "cli"):
        for command, arguments in tree.cmake_commands(root, folder):
            if command == "msdemo_library":
                parts = tree.keyword_arguments(arguments, LIBRARY_KEYWORDS)
                found[parts[""][0]] = parts.get("USES", [])
    return found


def reachable(name, uses):
    seen = set()
    waiting = [name]
    while waiting:
        for below in uses.get(waiting.pop(), []):
            if below not in seen:
                seen.add(below)
                waiting.append(below)
    return seen


def included_folders(root):
    """Which folders each folder includes: {name: {names}}."""
    found = {}
    for path in tree.sources(root):
        if path.parts[0] != "tests":
            targets = (target_of(include) for include in tree.includes(tree.read(root, path)))
            folder = folder_of(path)
            found.setdefault(folder, set()).update(t for t in targets if t and t != folder)
    return found


def check_links(root):
    """What CMake links agrees with what the files include."""
    uses = libraries(root)
    included = included_folders(root)
    for name, below in sorted(uses.items()):
        for other in below:
            if FLOORS.get(other, 99) >= FLOORS.get(name, -1):
                yield f"CMake: {name} must not link {other}, which is not below it"
            if other not in included.get(name, set()):
                yield f"CMake: {name} links {other} but includes nothing of it"
        for other in sorted(included.get(name, set()) - reachable(name, uses)):
            yield f"CMake: {name} includes {other} but does not link it"


def trail_line(name, index):
    trail = TRAILS[name]
    here = [f"[{trail[index]}]"]
    before = list(trail[max(index - 1, 0):index])
    after = list(trail[index + 1:index + 2])
    return f"// {name}: " + " -> ".join(before + here + after)


def trail_lines():
    """{file: the lines that its first comment must have}"""
    lines = {}
    for name, trail in TRAILS.items():
        for index, file in enumerate(trail):
            lines.setdefault(file, []).append(trail_line(name, index))
    return lines


def check_trail(root):
    for file, lines in trail_lines().items():
        if not (root / file).exists():
            yield f"{file}: a file of the order trail is missing"
            continue
        comment = tree.first_comment(tree.read(root, file))
        for line in lines:
            if line not in comment:
                yield f"{file}: its first comment lacks the line \"{line}\""


def check(root):
    return [*check_includes(root), *check_links(root), *check_trail(root)]


CLEAN_TREE = {
    "server/CMakeLists.txt": """
        msdemo_library(base SOURCES base/error.cpp)
        msdemo_library(http SOURCES http/client.cpp USES base)  # comment
        msdemo_library(messaging SOURCES messaging/outbox_relay.cpp)
        msdemo_library(order SOURCES order/routes.cpp USES http)
        msdemo_library(user SOURCES user/routes.cpp USES http)
    """,
    "cli/CMakeLists.txt": "msdemo_library(timeline SOURCES timeline/layout.cpp USES base)",
    "server/base/error.hpp": "#include <string>\n",
    "server/http/server.cpp": "#include <httplib.h>\n#include \"base/error.hpp\"\n",
    "server/order/routes.hpp": "#include \"http/client.hpp\"\n#include \"base/error.hpp\"\n",
    "server/user/routes.hpp": "#include \"http/client.hpp\"\n",
    "cli/timeline/terminal.cpp": "#include \"base/error.hpp\"\n",
    "cli/main.cpp": "#include \"commands/order.hpp\"\n",
    "tests/unit/order_test.cpp": "#include \"order/routes.hpp\"\n#include \"support/catch.hpp\"\n",
    **{file: "\n".join(lines) + "\n" for file, lines in trail_lines().items()},
}

PLANTS = [
    ("server/base/x.cpp", "#include \"http/client.hpp\"\n", "base (floor 0) must not include http"),
    ("server/order/x.cpp", "#include \"user/store.hpp\"\n", "order (floor 4) must not include u"),
    ("server/order/x.cpp", "#  include \"run.hpp\"\n", "order (floor 4) must not include run"),
    ("cli/lab/x.cpp", "#include \"timeline/layout.hpp\"\n", "lab (floor 6) must not include timel"),
    ("server/order/x.cpp", "#include \"nowhere/x.hpp\"\n", "is in no known folder"),
    ("server/orders/x.cpp", "\n", "its folder has no floor"),
    ("server/order/x.cpp", "#include <httplib.h>\n", "only server/http may include <httplib.h>"),
    ("server/order/x.cpp", "#include <sqlite3.h>\n", "only server/storage may include"),
    ("cli/lab/x.cpp", "#include <SQLiteCpp/Database.h>\n", "only server/storage may include"),
    ("tests/unit/x.cpp", "#include <pqxx/pqxx>\n", "only server/storage may include <pqxx/pqxx>"),
    ("server/http/x.cpp", "#include <prometheus/counter.h>\n", "only server/metrics may include"),
    ("server/http/x.cpp", "#include \"trace/span.hpp\"\n", "http includes trace but does not link"),
    ("cli/CMakeLists.txt", "msdemo_library(timeline USES base http)",
     "timeline links http but includes nothing of it"),
    ("cli/CMakeLists.txt", "msdemo_library(timeline USES base)\nmsdemo_library(lab USES timeline)",
     "lab must not link timeline"),
    ("server/order/service.cpp", "// The order.\n", "its first comment lacks the line"),
    ("server/user/worker.cpp", "// The user.\n", "its first comment lacks the line"),
    ("server/order/service.cpp", None, "a file of the order trail is missing"),
]


if __name__ == "__main__":
    sys.exit(tree.main(check, lambda: tree.self_test(check, CLEAN_TREE, PLANTS)))
