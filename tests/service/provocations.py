"""How to make running services give each documented answer: which request, sent to which of them.

A new operation needs a line in VALID, and in MORE what only it answers.
"""
import time

from groups import settling, subscribe, take
from running import bearer, delete, exchange, get, post, put

TOKEN = "the-token-of-this-check"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED = ("traceparent", f"00-{TRACE_ID}-00f067aa0ba902b7-01")
FILLER = "x" * 100_000
RECEIPT_SECONDS = 20

# Documented, but not to be had from a healthy service by asking; each with what it would need.
# Tests of the parts themselves cover them.
NOT_PROVOKED = {
    "internal": "a bug",
    "overloaded": "thousands of waiting requests",
    "bulkhead-full": "hundreds of calls under way",
    "breaker-open": "ten failed calls in a row",
    "storage-full": "a full disk",
    "topic-full": "a million messages",
}

BOOK = {"user_id": 1, "item_name": "book"}
NOBODY = {"user_id": 999999999, "item_name": "book"}
KEYED = post("/orders", BOOK, ("Idempotency-Key", "check-1"))
ASYNC = ("Prefer", "respond-async")
AWAITED = ("Prefer", "respond-async, wait=20")
NEWS = {"messages": [{"topic": "check.news", "key": "", "body": "news"}]}
LATENCY = {"kind": "latency", "value": "0ms"}
LATE = {"after": 1000000000}  # hits nothing: the services are needed as they are
FAULTS = [
    ("latency", "1.5s", {"jitter": "20ms", "route": "POST /orders", "percent": 0.5, **LATE}),
    ("error", "503", {"route": "/orders/{id}", "first": 2, "for": "10s", **LATE}),
    ("malformed", "html", LATE),
    ("drop", "after", {"nth": [1000000000]}),
    ("hang", "60s", {"percent": 100, "seed": 2**63 - 1, **LATE}),
    ("nack", "dead", {"route": "user.lookup.replied", **LATE}),
    ("crash", "before-publish", LATE),
    ("disk", "full", LATE),
]
BAD_FAULTS = [
    ("flood", "1", {}), ("latency", "61s", {}), ("latency", "-5ms", {}), ("latency", "", {}),
    ("latency", 5, {}), ("latency", None, {}), ("crash", "now", {}), ("error", "399", {}),
    ("error", "600", {}), ("error", "5e2", {}), ("drop", "during", {}), ("disk", "half", {}),
    ("latency", "1ms", {"percent": 101}), ("latency", "1ms", {"percent": 0}),
    ("latency", "1ms", {"percent": "5"}), ("latency", "1ms", {"percent": None}),
    ("latency", "1ms", {"nth": []}), ("latency", "1ms", {"nth": [0]}),
    ("latency", "1ms", {"nth": [1] * 101}), ("latency", "1ms", {"nth": 1}),
    ("latency", "1ms", {"nth": [1], "first": 1}), ("latency", "1ms", {"first": 2**64}),
    ("latency", "1ms", {"after": -1}), ("latency", "1ms", {"for": "0s"}),
    ("latency", "1ms", {"for": "3601s"}), ("latency", "1ms", {"seed": -1}),
    ("latency", "1ms", {"jitter": "soon"}), ("error", "503", {"jitter": "1ms"}),
    ("latency", "1ms", {"route": "/order"}), ("latency", "1ms", {"route": "\x1b[2J"}),
    ("latency", "1ms", {"route": ["/orders"]}), ("error", "503", {"route": "user.lookup.replied"}),
    ("nack", "retry", {"route": "POST /orders"}), ("crash", "before-ack", {"route": "/orders"}),
    ("latency", "1ms", {"hits": 3}),
]


def fault(kind, value, **more):
    return post("/faults", {"kind": kind, "value": value, **more}, bearer(TOKEN))


VALID = {
    "POST /users": post("/users", {"name": "Barbara"}),
    "GET /users": get("/users?limit=2&after=0"),
    "GET /users/{id}": get("/users/1"),
    "POST /orders": post("/orders", BOOK),
    "GET /orders": get("/orders?limit=2&after=0&status=confirmed&user_id=1"),
    "GET /orders/{id}": get("/orders/1"),
    "GET /receipts": get("/receipts?limit=2&after=0"),
    "POST /messages": post("/messages", NEWS),
    "PUT /groups/{group}": put("/groups/check", {"topics": ["check.news", "*.none"]}),
    "POST /groups/{group}/receive": post("/groups/check/receive", {"max": 1, "wait_ms": 0}),
    "GET /queues": get("/queues"),
    "GET /topics/{topic}/messages": get("/topics/check.news/messages?limit=2"),
    "GET /dead": get("/dead?limit=2&after=0&topic=check.settled"),
    "GET /openapi.yaml": get("/openapi.yaml"),
    "GET /healthz": get("/healthz"),
    "GET /readyz": get("/readyz"),
    "GET /metrics": get("/metrics"),
    "GET /policy": get("/policy"),
    "POST /policy": post("/policy", {"preset": "standard"}, bearer(TOKEN)),
    "GET /faults": get("/faults"),
    "POST /faults": post("/faults", LATENCY, bearer(TOKEN)),
    "DELETE /faults": delete("/faults", bearer(TOKEN)),
    "DELETE /faults/{id}": delete("/faults/1", bearer(TOKEN)),
}

SETTLING = ("ack", "extend", "retry", "dead")


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
    504: lambda request: request.plus(("X-Deadline-Ms", "0")),
}

# What only some operations answer: (which service, request). More than one where one status has
# more than one problem; those of the table above are tried as well.
MORE = {
    ("POST /users", 400): [("user", post("/users", b"{"))],
    ("POST /users", 422): [("user", post("/users", {"name": ""}))],
    ("GET /users", 422): [("user", get("/users?limit=0"))],
    ("GET /users/{id}", 404): [("user", get("/users/999999999"))],
    ("GET /users/{id}", 422): [("user", get("/users/0"))],
    ("POST /orders", 201): [("order", post("/orders", BOOK, AWAITED, SAMPLED))],
    ("POST /orders", 202): [
        ("order", post("/orders", BOOK, ASYNC, SAMPLED)),
        ("order behind nobody", post("/orders", BOOK, ("Prefer", "respond-async, wait=1"))),
    ],
    ("POST /orders", 400): [("order", post("/orders", b"{"))],
    ("POST /orders", 422): [
        ("order", post("/orders", {"user_id": 0, "item_name": "book"})),
        ("order", post("/orders", NOBODY)),
        ("order", post("/orders", NOBODY, AWAITED)),
        ("order", KEYED.having(body=KEYED.body.replace(b"book", b"tea!"))),
        ("order", KEYED.having(body=KEYED.body.replace(b"book", b"tea!")).plus(ASYNC)),
    ],
    ("POST /orders", 502): [("order behind nonsense", VALID["POST /orders"])],
    ("POST /orders", 503): [("order behind nobody", VALID["POST /orders"])],
    ("POST /orders", 504): [("order behind silence", VALID["POST /orders"])],
    ("GET /orders", 200): [("order", get("/orders?status=rejected"))],
    ("GET /orders", 422): [("order", get("/orders?status=lost"))],
    ("GET /orders/{id}", 200): [("order", get("/orders/1", ("Prefer", "wait=1")))],
    ("GET /orders/{id}", 404): [
        ("order", get("/orders/999999999")),
        ("order", get("/orders/999999999", ("Prefer", "wait=1"))),
    ],
    ("GET /orders/{id}", 422): [("order", get("/orders/nine"))],
    ("GET /receipts", 200): [("notify", get("/receipts?order_id=1"))],
    ("GET /receipts", 422): [("notify", get("/receipts?order_id=0"))],
    ("POST /messages", 400): [("broker", post("/messages", b"{"))],
    ("POST /messages", 413): [("broker", post("/messages", {"messages": [
        {"topic": "check.news", "key": "", "body": "x" * 65537}]}))],
    ("POST /messages", 422): [("broker", post("/messages", {"messages": []}))],
    ("PUT /groups/{group}", 400): [("broker", put("/groups/check", b"{"))],
    ("PUT /groups/{group}", 422): [("broker", put("/groups/Check", {"topics": ["a"]}))],
    ("POST /groups/{group}/receive", 200): [
        ("broker", post("/groups/check-mourners/receive", {"max": 256, "wait_ms": 0}))],
    ("POST /groups/{group}/receive", 400): [("broker", post("/groups/check/receive", b"{"))],
    ("POST /groups/{group}/receive", 404): [
        ("broker", post("/groups/nobody/receive", {"max": 1, "wait_ms": 0}))],
    ("POST /groups/{group}/receive", 422): [("broker", post("/groups/check/receive", {"max": 0}))],
    ("GET /topics/{topic}/messages", 200): [
        ("broker", get("/topics/check.settled/messages?limit=100"))],
    ("GET /topics/{topic}/messages", 404): [("broker", get("/topics/nowhere/messages"))],
    ("GET /topics/{topic}/messages", 422): [("broker", get("/topics/check.news/messages?limit=0"))],
    ("GET /dead", 422): [("broker", get("/dead?topic=No"))],
    ("GET /dead/{id}", 404): [("broker", get("/dead/999999999"))],
    ("GET /dead/{id}", 422): [("broker", get("/dead/0"))],
    ("POST /dead/{id}/redrive", 404): [("broker", post("/dead/999999999/redrive", {}))],
    ("POST /dead/{id}/redrive", 422): [("broker", post("/dead/nine/redrive", {}))],
    ("GET /faults", 200): [("admin with a fault", get("/faults"))],
    ("POST /faults", 200): [("admin", fault(kind, value, **more)) for kind, value, more in FAULTS],
    ("POST /faults", 400): [("admin", post("/faults", b"{", bearer(TOKEN)))],
    ("POST /faults", 401): [
        ("admin", post("/faults", LATENCY)),
        ("admin", post("/faults", LATENCY, bearer(TOKEN[:-1]))),
        ("admin", post("/faults", LATENCY, ("Authorization", TOKEN))),
        ("admin without a token", post("/faults", LATENCY, bearer(TOKEN))),
        ("admin without a token", post("/faults", LATENCY, bearer(""))),
    ],
    ("POST /faults", 422): [
        ("admin", fault(kind, value, **more)) for kind, value, more in BAD_FAULTS
    ] + [("admin", post("/faults", {"kind": "latency"}, bearer(TOKEN)))],
    ("POST /policy", 400): [("admin", post("/policy", b"{", bearer(TOKEN)))],
    ("POST /policy", 401): [("admin", post("/policy", {"preset": "naive"}))],
    ("POST /policy", 422): [
        ("admin", post("/policy", policy, bearer(TOKEN)))
        for policy in ({"preset": "nave"}, {"threads": "0"}, {"threads": 4}, {"trheads": "4"}, [])
    ],
    ("DELETE /faults", 401): [
        ("admin", delete("/faults")),
        ("admin", delete("/faults", bearer("x" * len(TOKEN)))),
    ],
    ("DELETE /faults/{id}", 200): [("admin", delete("/faults/999999999", bearer(TOKEN)))],
    ("DELETE /faults/{id}", 401): [("admin", delete("/faults/1"))],
    ("DELETE /faults/{id}", 422): [
        ("admin", delete("/faults/0", bearer(TOKEN))),
        ("admin", delete("/faults/one", bearer(TOKEN))),
    ],
}


for _action in SETTLING:
    _title = f"POST /groups/{{group}}/{_action}"
    _unheld = {"id": 1, "lease": 1}
    MORE[_title, 400] = [("broker", post(f"/groups/check/{_action}", b"{"))]
    MORE[_title, 404] = [("broker", settling("nobody", _action, _unheld))]
    MORE[_title, 409] = [("broker", settling("check", _action, _unheld))]
    MORE[_title, 422] = [("broker", post(f"/groups/check/{_action}", {"deliveries": []}))]


def prepare(urls):
    """Makes what valid requests are about, and returns those that could not be known before."""
    exchange(urls["user"], post("/users", {"name": "Ada"}))
    exchange(urls["order"], post("/orders", BOOK, AWAITED))
    exchange(urls["order"], post("/orders", NOBODY, AWAITED))
    exchange(urls["order"], KEYED)
    exchange(urls["admin with a fault"], VALID["POST /faults"])
    await_receipts(urls["notify"], 2)
    broker = urls["broker"]
    exchange(broker, VALID["POST /messages"])
    exchange(broker, VALID["PUT /groups/{group}"])
    return {**VALID, **settlements(broker)}


def await_receipts(url, count):
    """Notify hears of the orders by message, so they take a moment."""
    deadline = time.monotonic() + RECEIPT_SECONDS
    while len(exchange(url, get("/receipts")).json()["receipts"]) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"there are no {count} receipts after {RECEIPT_SECONDS} s")


def settlements(broker):
    """One message is enough to settle it in different ways: each group has it for itself."""
    exchange(broker, post("/messages", {"messages": [
        {"topic": "check.settled", "key": "k", "body": "to be settled"}]}))
    valid = {}
    for action in SETTLING:
        group = f"check-{action}"
        valid[f"POST /groups/{{group}}/{action}"] = settling(
            group, action, take(broker, group, "check.settled"))
    for group in ("check-letter", "check-redrive"):
        held = take(broker, group, "check.settled")
        exchange(broker, settling(group, "dead", held, reason="nobody wants it"))
    subscribe(broker, "check-mourners", "check.settled.dead")
    letters = exchange(broker, get("/dead")).json()["dead_letters"]
    ids = {letter["group"]: letter["id"] for letter in letters}
    valid["GET /dead/{id}"] = get(f"/dead/{ids['check-letter']}")
    valid["POST /dead/{id}/redrive"] = post(f"/dead/{ids['check-redrive']}/redrive", {})
    return valid


def provocations(valid, name, operation, status):
    """(which service, request) of everything that should make this operation answer so."""
    found = list(MORE.get((operation, status), []))
    if status in SPOIL:
        found.append((name, SPOIL[status](valid[operation])))
    return found
