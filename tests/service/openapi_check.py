#!/usr/bin/env python3
"""Checks the OpenAPI documents against running services, both ways.

Every status and every problem that a document lists is provoked by a real request and must look as
documented; whatever a service answers must be documented. Then come requests that no document
could describe: broken, hostile and half-sent ones, each with the one right answer.
"""
import concurrent.futures
import pathlib
import re
import sys
import tempfile

sys.dont_write_bytecode = True
import bad_input  # noqa: E402
import bad_messages  # noqa: E402
import openapi_document as openapi  # noqa: E402
import preferences  # noqa: E402
from provocations import (  # noqa: E402
    KEYED, MORE, NOT_PROVOKED, SAMPLED, SPOIL, TOKEN, TRACE_ID, prepare, provocations)
from report import Report  # noqa: E402
from running import Service, Upstream, exchange, get, refusing_url, start_lab  # noqa: E402

NONSENSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"
DOCUMENTS = ("user", "order", "broker", "notify", "admin")


def trace_findings(response, request, reply):
    """A sampled caller learns which span answered it."""
    if "traceresponse" in response.get("headers", {}) and SAMPLED in request.headers:
        value = reply.headers.get("traceresponse")
        if value is None or value.split("-")[1] != TRACE_ID:
            yield f"a sampled request got the traceresponse {value}"


def check_status(urls, valid, name, operation, status, response):
    """Provokes one status of one operation; yields what is wrong. No response: not documented."""
    missing = openapi.documented_problems(response) if response else set()
    requests = provocations(valid, name, operation, status)
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


def all_cases(documents):
    """What is documented, and what can be provoked whether it is documented or not."""
    for document in documents:
        for path, method, operation in document.operations():
            title = f"{method} {path}"
            documented = {int(status): r for status, r in operation["responses"].items()}
            provoked = {status for status in SPOIL if status >= 400}
            provoked |= {status for known, status in MORE if known == title}
            for status in sorted(documented.keys() | provoked):
                yield document.name, title, status, documented.get(status)


def check_operations(report, pool, documents, urls):
    cases = list(all_cases(documents))
    valid = prepare(urls)
    titles = {title for _, title, _, _ in cases}
    report.expect("the operations", [f"not documented: {t}" for t in valid.keys() - titles])
    cases.sort(key=lambda case: case[2] not in (504, 408))  # what takes long starts first
    jobs = [pool.submit(lambda case: list(check_status(urls, valid, *case)), case)
            for case in cases]
    for (name, operation, status, _), job in zip(cases, jobs):
        report.expect(f"{name}: {operation} -> {status}", job.result())


def undocumented_findings(document, url):
    """Other paths are 404, other methods 405, and HEAD is GET without a body."""
    reply = exchange(url, get("/nowhere"))
    yield from openapi.reply_findings(document.response("NotFound"), reply)
    for path, item in document.tree["paths"].items():
        target = re.sub(r"\{\w+\}", "1", path)
        reply = exchange(url, get(target).having(method="OPTIONS"))
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
    urls = {name: service.url for name, service in services.items()}
    urls["admin"] = services["order"].admin_url
    urls["admin with a fault"] = services["notify"].admin_url
    urls["admin without a token"] = services["user"].admin_url
    for document in documents:
        if document.name != "admin":
            served = exchange(urls[document.name], get("/openapi.yaml")).body
            report.expect(f"{document.name}: /openapi.yaml is the file",
                          [] if served == document.bytes else ["it differs"])
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        slow_input = pool.submit(lambda: list(bad_input.slow_findings(urls["order"])))
        check_operations(report, pool, documents, urls)
        report.expect("slow clients", slow_input.result())
    first, again = exchange(urls["order"], KEYED), exchange(urls["order"], KEYED)
    report.expect("the same key again", [] if first.json() == again.json() else ["another order"])
    for document in documents:
        report.expect(f"{document.name}: what is not documented",
                      undocumented_findings(document, urls[document.name]))
    for check in (preferences.check(urls["order"], urls["order behind nobody"]),
                  bad_input.check(urls["user"], urls["order"]),
                  bad_messages.check(urls["broker"])):
        for what, findings in check:
            report.expect(what, findings)


def start_services(program, folder):
    """The lab, and order services whose user service is not well; these have no broker."""
    token_file = pathlib.Path(folder) / "token"
    token_file.write_text(TOKEN + "\n", encoding="utf-8")
    token = ("--token-file", str(token_file))
    services = start_lab(program, folder, order=token, notify=token)
    refusing, port_holder = refusing_url()
    behind = {
        "order behind nonsense": Upstream(NONSENSE).url,
        "order behind silence": Upstream(None).url,
        "order behind nobody": refusing,
    }
    for number, (name, url) in enumerate(behind.items()):
        services[name] = Service(program, "order", f"{folder}/order-{number}", "--user-url", url,
                                 "--broker-url", refusing)
    return services, port_holder


def main():
    if len(sys.argv) != 3:
        print("usage: openapi_check.py PROGRAM FOLDER_OF_DOCUMENTS", file=sys.stderr)
        return 64
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    documents = [openapi.Document.read(folder / f"{name}.yaml") for name in DOCUMENTS]
    report = Report()
    check_documents(report, documents)
    with tempfile.TemporaryDirectory(prefix="msdemo-openapi-") as state:
        services, port_holder = start_services(program, state)
        try:
            check_running(report, documents, services)
        finally:
            report.stop(services)
            port_holder.close()
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
