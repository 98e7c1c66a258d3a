#!/usr/bin/env python3
"""Checks the OpenAPI documents against running services, both ways.

Every status and every problem that a document lists is provoked by a real request and must look as
documented; whatever a service answers must be documented. Then come requests that no document
could describe: broken, hostile and half-sent ones, each with the one right answer.
"""
import concurrent.futures
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
import bad_input  # noqa: E402
import openapi_document as openapi  # noqa: E402
from running import Service, Upstream, exchange, get, post, refusing_url  # noqa: E402

NONSENSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
FILLER = "x" * 100_000
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED = ("traceparent", f"00-{TRACE_ID}-00f067aa0ba902b7-01")

# Documented, but not to be had from a healthy service by asking; each with what it would need.
# Tests of the parts themselves cover them.
NOT_PROVOKED = {
    "internal": "a bug",
    "overloaded": "thousands of waiting requests",
    "storage-full": "a full disk",
}

VALID = {
    "POST /users": post("/users", {"name": "Barbara"}),
    "GET /users": get("/users?limit=2&after=0"),
    "GET /users/{id}": get("/users/1"),
    "POST /orders": post("/orders", {"user_id": 1, "item_name": "book"}),
    "GET /orders": get("/orders?limit=2&after=0&status=confirmed&user_id=1"),
    "GET /orders/{id}": get("/orders/1"),
    "GET /openapi.yaml": get("/openapi.yaml"),
    "GET /healthz": get("/healthz"),
    "GET /readyz": get("/readyz"),
    "GET /metrics": get("/metrics"),
}


def slow(request):
    """The first half of the request; the rest never comes."""
    return request.to_bytes()[:20]


# How to make any operation answer with a status: a valid request, spoiled.
SPOIL = {
    200: lambda request: request.plus(SAMPLED),
    201: lambda request: request.plus(SAMPLED),
    400: lambda request: request.plus(("Content-Length", "3"), ("Content-Length", "3")),
    403: lambda request: request.plus(("Origin", "http://evil.example")),
    408: slow,
    411: lambda request: request.without("Content-Length").plus(("Transfer-Encoding", "chunked")),
    413: lambda request: request.without("Content-Length").plus(("Content-Length", "10485760")),
    414: lambda request: request.having(target=request.target + "?" + FILLER[:300]),
    415: lambda request: request.plus(("Content-Encoding", "gzip")),
    421: lambda request: request.without("Host").plus(("Host", "evil.example")),
    431: lambda request: request.plus(("X-Filler", FILLER)),
}

KEYED = post("/orders", {"user_id": 1, "item_name": "book"}, ("Idempotency-Key", "check-1"))

# What only some operations answer: (which service, request). More than one where one status has
# more than one problem; those of the table above are tried as well.
MORE = {
    ("POST /users", 400): [("user", post("/users", b"{"))],
    ("POST /users", 422): [("user", post("/users", {"name": ""}))],
    ("GET /users", 422): [("user", get("/users?limit=0"))],
    ("GET /users/{id}", 404): [("user", get("/users/999999999"))],
    ("GET /users/{id}", 422): [("user", get("/users/0"))],
    ("POST /orders", 400): [("order", post("/orders", b"{"))],
    ("POST /orders", 422): [
        ("order", post("/orders", {"user_id": 0, "item_name": "book"})),
        ("order", post("/orders", {"user_id": 999999999, "item_name": "book"})),
        ("order", KEYED.having(body=KEYED.body.replace(b"book", b"tea!"))),
    ],
    ("POST /orders", 502): [("order behind nonsense", VALID["POST /orders"])],
    ("POST /orders", 503): [("order behind nobody", VALID["POST /orders"])],
    ("POST /orders", 504): [("order behind silence", VALID["POST /orders"])],
    ("GET /orders", 422): [("order", get("/orders?status=lost"))],
    ("GET /orders/{id}", 404): [("order", get("/orders/999999999"))],
    ("GET /orders/{id}", 422): [("order", get("/orders/nine"))],
}


class Report:
    def __init__(self):
        self.checks = 0
        self.failures = []

    def expect(self, what, findings):
        self.checks += 1
        self.failures += [f"{what}: {finding}" for finding in findings]

    def finish(self):
        for failure in self.failures:
            print(failure)
        print(f"{self.checks} checks, {len(self.failures)} failures")
        return 1 if self.failures else 0


def provocations(name, operation, status):
    """(which service, request) of everything that should make this operation answer so."""
    found = list(MORE.get((operation, status), []))
    if status in SPOIL:
        found.append((name, SPOIL[status](VALID[operation])))
    return found


def trace_findings(response, request, reply):
    """A sampled caller learns which span answered it."""
    if "traceresponse" in response.get("headers", {}) and SAMPLED in request.headers:
        value = reply.headers.get("traceresponse")
        if value is None or value.split("-")[1] != TRACE_ID:
            yield f"a sampled request got the traceresponse {value}"


def check_status(urls, name, operation, status, response):
    """Provokes one status of one operation; yields what is wrong. No response: not documented."""
    missing = openapi.documented_problems(response) if response else set()
    requests = provocations(name, operation, status)
    if not requests and not missing:
        yield "documented, but nothing here provokes it"
    for service, request in requests:
        reply = exchange(urls[service], request)
        if reply is None or reply.status != status:
            yield f"got {reply and reply.status} {reply and reply.body[:200]!r}"
        elif response is None:
            yield "answered so, but not documented"
        else:
            missing.discard(reply.problem())
            yield from trace_findings(response, request, reply)
            yield from openapi.reply_findings(response, reply)
    missing -= set(NOT_PROVOKED)
    if missing:
        yield f"documented, but not provoked: {', '.join(sorted(missing))}"


def all_cases(documents, names):
    """What is documented, and what can be provoked whether it is documented or not."""
    for document, name in zip(documents, names):
        for path, method, operation in document.operations():
            title = f"{method} {path}"
            documented = {int(status): r for status, r in operation["responses"].items()}
            provoked = {status for status in SPOIL if status >= 400}
            provoked |= {status for known, status in MORE if known == title}
            for status in sorted(documented.keys() | provoked):
                yield name, title, status, documented.get(status)


def check_operations(report, pool, documents, names, urls):
    cases = list(all_cases(documents, names))
    titles = {title for _, title, _, _ in cases}
    report.expect("the operations", [f"not documented: {t}" for t in VALID.keys() - titles])
    cases.sort(key=lambda case: case[2] not in (504, 408))  # what takes long starts first
    jobs = [pool.submit(lambda case: list(check_status(urls, *case)), case) for case in cases]
    for (name, operation, status, _), job in zip(cases, jobs):
        report.expect(f"{name}: {operation} -> {status}", job.result())


def undocumented_findings(document, url):
    """Other paths are 404, other methods 405, and HEAD is GET without a body."""
    reply = exchange(url, get("/nowhere"))
    yield from openapi.reply_findings(document.response("NotFound"), reply)
    for path, item in document.tree["paths"].items():
        target = path.replace("{id}", "1")
        reply = exchange(url, get(target).having(method="DELETE"))
        yield from openapi.reply_findings(document.response("MethodNotAllowed"), reply)
        allowed = {method.upper() for method in item} | ({"HEAD"} if "get" in item else set())
        if set(reply.headers.get("Allow", "").split(", ")) != allowed:
            yield f"{path}: Allow is {reply.headers.get('Allow')}, documented are {allowed}"
        if "get" in item:
            whole, head = (exchange(url, get(target).having(method=m)) for m in ("GET", "HEAD"))
            if head.status != whole.status or head.body:
                yield f"HEAD {path}: {head.status} with {len(head.body)} bytes of body"


def check_documents(report, documents):
    for document in documents:
        report.expect(f"{document.name}.yaml", openapi.structure_findings(document))
    report.expect("shared components", openapi.shared_findings(documents))


def check_running(report, documents, services):
    user, order, admin = documents
    urls = {name: service.url for name, service in services.items()}
    urls["admin"] = services["order"].admin_url
    exchange(urls["user"], post("/users", {"name": "Ada"}))
    first = exchange(urls["order"], KEYED)
    again = exchange(urls["order"], KEYED)
    report.expect("the same key again", [] if first.json() == again.json() else ["another order"])
    for document, name in ((user, "user"), (order, "order")):
        served = exchange(urls[name], get("/openapi.yaml")).body
        report.expect(f"{name}: /openapi.yaml is the file",
                      [] if served == document.bytes else ["it differs"])
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        slow_input = pool.submit(lambda: list(bad_input.slow_findings(urls["order"])))
        check_operations(report, pool, documents, ("user", "order", "admin"), urls)
        report.expect("slow clients", slow_input.result())
    for document, name in zip(documents, ("user", "order", "admin")):
        report.expect(f"{name}: what is not documented",
                      undocumented_findings(document, urls[name]))
    for what, findings in bad_input.check(urls["user"], urls["order"]):
        report.expect(what, findings)


def start_services(program, folder, user_url=None):
    user = Service(program, "user", f"{folder}/user")
    refusing, port_holder = refusing_url()
    behind = {
        "order": user.url,
        "order behind nonsense": Upstream(NONSENSE).url,
        "order behind silence": Upstream(None).url,
        "order behind nobody": refusing,
    }
    services = {"user": user}
    for number, (name, url) in enumerate(behind.items()):
        services[name] = Service(program, "order", f"{folder}/order-{number}", "--user-url", url)
    return services, port_holder


def main():
    if len(sys.argv) != 3:
        print("usage: openapi_check.py PROGRAM FOLDER_OF_DOCUMENTS", file=sys.stderr)
        return 64
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    documents = [openapi.Document(folder / f"{name}.yaml") for name in ("user", "order", "admin")]
    report = Report()
    check_documents(report, documents)
    with tempfile.TemporaryDirectory(prefix="msdemo-openapi-") as state:
        services, port_holder = start_services(program, state)
        try:
            check_running(report, documents, services)
        finally:
            for name, service in services.items():
                status = service.stop()
                report.expect(f"{name} ends", [] if status == 0 else [f"{status}\n{service.log()}"])
            port_holder.close()
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
