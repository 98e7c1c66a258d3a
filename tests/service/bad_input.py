"""Requests that are wrong, hostile or never finished, and the one right answer to each.

Nothing of them may be kept, and after each the service must serve the next caller.
"""
import concurrent.futures
import contextlib
import itertools
import json
import socket
import time

from running import connect, exchange, get, post, read_reply

NAME = "/users"
ORDER = "/orders"


def order(**fields):
    return post(ORDER, {"user_id": 1, "item_name": "book", **fields})


def raw_order(body):
    return post(ORDER, body.encode() if isinstance(body, str) else body)


BIG = 10 * 1024 * 1024
GOOD = order()
CHUNKED = GOOD.without("Content-Length").plus(("Transfer-Encoding", "chunked")).having(
    body=b"%x\r\n" % BIG + b"x" * BIG + b"\r\n0\r\n\r\n")

# what, which service, request, status, problem
REFUSED = [
    ("not JSON", "order", raw_order("user 1 wants a book"), 400, "malformed-json"),
    ("an empty body", "order", raw_order(""), 400, "malformed-json"),
    ("truncated JSON", "order", raw_order('{"user_id":1,"item_name":"bo'), 400, "malformed-json"),
    ("two JSON documents", "order", raw_order('{"user_id":1}{}'), 400, "malformed-json"),
    ("a JSON list", "order", raw_order("[]"), 400, "malformed-json"),
    ("nesting 30,000 deep", "order", raw_order("[" * 30_000), 400, "malformed-json"),
    ("nesting 30,000 deep, closed", "order",
     raw_order('{"a":' * 6_000 + "1" + "}" * 6_000), 400, "malformed-json"),
    ("nesting 100,000 deep", "order", raw_order("[" * 100_000), 413, "body-too-large"),
    ("no Content-Type", "order", GOOD.without("Content-Type"), 415, "unsupported-media-type"),
    ("another Content-Type", "order",
     GOOD.without("Content-Type").plus(("Content-Type", "text/plain")), 415,
     "unsupported-media-type"),
    ("a web form", "order",
     GOOD.without("Content-Type").plus(("Content-Type", "application/x-www-form-urlencoded")), 415,
     "unsupported-media-type"),
    ("a field missing", "order", raw_order('{"user_id":1}'), 422, "invalid-field"),
    ("null for an integer", "order", order(user_id=None), 422, "invalid-field"),
    ("a float for an integer", "order", order(user_id=1.5), 422, "invalid-field"),
    ("1.0 for an integer", "order", order(user_id=1.0), 422, "invalid-field"),
    ("a string for an integer", "order", order(user_id="1"), 422, "invalid-field"),
    ("true for an integer", "order", order(user_id=True), 422, "invalid-field"),
    ("id 0", "order", order(user_id=0), 422, "invalid-field"),
    ("id -1", "order", order(user_id=-1), 422, "invalid-field"),
    ("id 2^63", "order", order(user_id=2**63), 422, "invalid-field"),
    ("id 2^64 + 1", "order", order(user_id=2**64 + 1), 422, "invalid-field"),
    ("a number for a text", "order", order(item_name=7), 422, "invalid-field"),
    ("an empty item", "order", order(item_name=""), 422, "invalid-field"),
    ("an empty name", "user", post(NAME, {"name": ""}), 422, "invalid-field"),
    ("256 characters", "user", post(NAME, {"name": "x" * 256}), 422, "invalid-field"),
    ("256 wide characters", "user", post(NAME, {"name": "猫" * 256}), 422, "invalid-field"),
    ("invalid UTF-8", "user", post(NAME, b'{"name":"caf\xe9"}'), 422, "invalid-field"),
    ("NUL in a name", "user", post(NAME, {"name": "a\0b"}), 422, "invalid-field"),
    ("id 0 in the path", "user", get("/users/0"), 422, "invalid-field"),
    ("id -1 in the path", "user", get("/users/-1"), 422, "invalid-field"),
    ("id 2^63 in the path", "user", get(f"/users/{2**63}"), 422, "invalid-field"),
    ("a word for an id", "user", get("/users/ada"), 422, "invalid-field"),
    ("page limit 0", "user", get("/users?limit=0"), 422, "invalid-field"),
    ("page limit -1", "order", get("/orders?limit=-1"), 422, "invalid-field"),
    ("page limit 10^9", "order", get("/orders?limit=1000000000"), 422, "invalid-field"),
    ("page after -1", "order", get("/orders?after=-1"), 422, "invalid-field"),
    ("an unknown status", "order", get("/orders?status=lost"), 422, "invalid-field"),
    ("an empty key", "order", GOOD.plus(("Idempotency-Key", "")), 422, "invalid-field"),
    ("an empty quoted key", "order", GOOD.plus(("Idempotency-Key", '""')), 422, "invalid-field"),
    ("a key of 256 characters", "order", GOOD.plus(("Idempotency-Key", "k" * 256)), 422,
     "invalid-field"),
    ("a key with a blank", "order", GOOD.plus(("Idempotency-Key", "a b")), 422, "invalid-field"),
    ("a body of 10 MiB", "order", raw_order(b'"' + b"x" * BIG + b'"'), 413, "body-too-large"),
    ("10 MiB without a length", "order",
     raw_order(b"x" * BIG).without("Content-Length"), 411, "length-required"),
    ("10 MiB, chunked", "order", CHUNKED, 411, "length-required"),
    ("a length and chunks", "order", GOOD.plus(("Transfer-Encoding", "chunked")), 400,
     "bad-request"),
    ("two Content-Lengths", "order", GOOD.plus(("Content-Length", "3")), 400, "bad-request"),
    ("one Content-Length twice", "order", GOOD.plus(GOOD.headers[2]), 400, "bad-request"),
    ("a negative Content-Length", "order",
     GOOD.without("Content-Length").plus(("Content-Length", "-1")), 400, "bad-request"),
    ("Content-Encoding", "order", GOOD.plus(("Content-Encoding", "gzip")), 415,
     "unsupported-media-type"),
    ("a header of 100 KB", "order", GOOD.plus(("X-Filler", "x" * 100_000)), 431,
     "headers-too-large"),
    ("10,000 headers", "order", GOOD.plus(*[("X-Filler", "x")] * 10_000), 431, "headers-too-large"),
    ("a path of 100 KB", "order", get("/" + "x" * 100_000), 414, "uri-too-long"),
    ("an unknown path", "order", get("/order"), 404, "not-found"),
    ("a path that climbs", "order", get("/orders/../../etc/passwd"), 404, "not-found"),
    ("a wrong method", "order", get("/orders").having(method="DELETE"), 405, "method-not-allowed"),
    ("a method of its own", "order", get("/orders").having(method="BREW"), 405,
     "method-not-allowed"),
    ("a foreign Host", "order", GOOD.without("Host").plus(("Host", "evil.example")), 421,
     "host-not-allowed"),
    ("no Host", "order", GOOD.without("Host"), 400, "bad-request"),
    ("two Hosts", "order", GOOD.plus(("Host", "evil.example")), 400, "bad-request"),
    ("a foreign Origin", "order", GOOD.plus(("Origin", "https://evil.example")), 403,
     "foreign-origin"),
    ("no HTTP", "order", b"hello\r\n\r\n", 400, "bad-request"),
    ("HTTP/2 without asking", "order", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "bad-request"),
    ("TLS", "order", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "bad-request"),
    ("a blank before the colon", "order", b"GET /orders HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n", 400,
     "bad-request"),
    ("a folded header", "order",
     b"GET /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\r\n c\r\n\r\n", 400, "bad-request"),
    ("a bare CR in a header", "order",
     b"GET /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\rX-B: c\r\n\r\n", 400, "bad-request"),
]

# Texts that are harmless where they are only text.
KEPT = [
    "Robert'); DROP TABLE users;--",
    "$(touch /tmp/msdemo-was-here); `id` && ${HOME}",
    "<script>alert(1)</script>",
    "\x1b[2J\x1b]0;title\x07",
    "日本語 🙂 e\u0301 \u202e",
    "%s%n%x {} {0}",
    "x" * 255,
    "🙂" * 255,
]


def check(user_url, order_url):
    """(what, findings) for every bad input; sends them one after the other."""
    urls = {"user": user_url, "order": order_url}
    before = kept_rows(urls)
    for what, service, request, status, problem in REFUSED:
        yield what, refusal_findings(urls[service], request, status, problem)
    yield "half of a surrogate pair", surrogate_findings(user_url)
    yield "a client that leaves mid-body", leaving_findings(order_url)
    yield "a second request after a refusal", smuggling_findings(order_url)
    yield "refused requests keep nothing", (
        [] if kept_rows(urls) == before else [f"{before} rows became {kept_rows(urls)}"])
    for text in KEPT:
        yield f"{text[:20]!r} stays itself", text_findings(urls, text)


def refusal_findings(url, request, status, problem):
    reply = exchange(url, request)
    if reply is None:
        yield "no answer"
    elif (reply.status, reply.problem()) != (status, problem):
        yield f"{reply.status} {reply.body[:200]!r}, expected {status} {problem}"
    yield from alive_findings(url)


def alive_findings(url):
    """A fresh connection is served as if nothing had been."""
    if exchange(url, get("/openapi.yaml")).status != 200:
        yield "afterwards the service serves no more"


def kept_rows(urls):
    return {name: len(list(rows(url, f"/{name}s", f"{name}s"))) for name, url in urls.items()}


def rows(url, path, key):
    after = 0
    while after is not None:
        page = exchange(url, get(f"{path}?limit=1000&after={after}")).json()
        yield from page[key]
        after = page["next"]


def surrogate_findings(url):
    """JSON can spell what UTF-8 cannot; it is refused as one or the other."""
    reply = exchange(url, post(NAME, b'{"name":"\\ud800"}'))
    if (reply.status, reply.problem()) not in ((400, "malformed-json"), (422, "invalid-field")):
        yield f"{reply.status} {reply.body[:200]!r}"


def leaving_findings(url):
    for close_after in (1, 20, len(GOOD.to_bytes()) - 1):
        with connect(url) as connection:
            connection.sendall(GOOD.to_bytes()[:close_after])
    yield from alive_findings(url)


def smuggling_findings(url):
    """What follows a refused request on its connection is not taken for a request."""
    refused = GOOD.without("Content-Length").plus(("Transfer-Encoding", "chunked"))
    with connect(url) as connection:
        connection.sendall(refused.to_bytes() + GOOD.to_bytes())
        first = read_reply(connection)
        try:
            second = read_reply(connection)
        except ConnectionError:
            second = None
    if first is None or first.status != 411 or second is not None:
        yield f"{first and first.status}, then {second and second.status}"


def text_findings(urls, text):
    user = exchange(urls["user"], post(NAME, {"name": text}))
    if user.status != 201:
        yield f"refused with {user.status} {user.body[:200]!r}"
        return
    placed = exchange(urls["order"], order(user_id=user.json()["id"], item_name=text))
    read = exchange(urls["order"], get(placed.headers["Location"])).json()
    if (read["item_name"], read["username"]) != (text, text):
        yield f"became {json.dumps(read)}"


def slow_findings(url):
    """Clients that keep sending, but too little: the time for a whole request is bounded."""
    whole = GOOD.to_bytes()
    at_once = (0, len(whole) - len(GOOD.body))  # nothing; all headers
    with concurrent.futures.ThreadPoolExecutor(len(at_once)) as pool:
        drips = pool.map(lambda size: drip_findings(url, whole[:size], whole[size:]), at_once)
        return list(itertools.chain(*drips))


def drip_findings(url, at_once, by_the_second):
    started = time.monotonic()
    with connect(url) as connection:
        connection.sendall(at_once)
        connection.settimeout(1)
        for byte in by_the_second:
            connection.sendall(bytes([byte]))
            with contextlib.suppress(TimeoutError):
                connection.recv(1, socket.MSG_PEEK)
                break  # there is an answer
        reply = read_reply(connection)
    took = time.monotonic() - started
    if reply is None or reply.problem() != "slow-request" or took > 20:
        return [f"a byte a second: {reply and reply.status} after {took:.0f} s"]
    return list(alive_findings(url))
