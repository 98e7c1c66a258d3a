"""Requests to the broker that are wrong, and the one right answer to each; as bad_input.py.

Of a refused batch nothing is published, and a lease that has ended settles nothing.
"""
from bad_input import KEPT, refusal_findings
from groups import settling, take
from running import delete, exchange, get, post, put

BIGGEST = 65536
BODY_LIMIT = 8 * 1024 * 1024
GOOD = {"topic": "bad.topic", "key": "", "body": "x"}
HELD = {"id": 1, "lease": 1}


def publish(*messages):
    return post("/messages", {"messages": messages})


def message(**fields):
    return publish({**GOOD, **fields})


def lacking(field):
    return publish({name: value for name, value in GOOD.items() if name != field})


def receive(target="/groups/bad/receive", **fields):
    return post(target, {"max": 1, "wait_ms": 0, **fields})


def settle(action, **fields):
    return post(f"/groups/bad/{action}", {"deliveries": [HELD], **fields})


def subscribe(*topics, group="bad"):
    return put(f"/groups/{group}", {"topics": topics})


# what, request, status, problem
REFUSED = [
    ("a message that is not JSON", post("/messages", b"order 1 is confirmed"), 400,
     "malformed-json"),
    ("an empty publish", post("/messages", b""), 400, "malformed-json"),
    ("a list of messages", post("/messages", [GOOD]), 400, "malformed-json"),
    ("truncated messages", post("/messages", b'{"messages":[{"topic":"a'), 400, "malformed-json"),
    ("messages nested 30,000 deep", post("/messages", b'{"messages":' + b"[" * 30_000), 400,
     "malformed-json"),
    ("a message that is not UTF-8",
     post("/messages", b'{"messages":[{"topic":"a","key":"","body":"caf\xe9"}]}'), 400,
     "malformed-json"),
    ("half of a surrogate pair in a message",
     post("/messages", b'{"messages":[{"topic":"a","key":"","body":"\\ud800"}]}'), 400,
     "malformed-json"),
    ("a message as text", post("/messages", b"{}").without("Content-Type").plus(
        ("Content-Type", "text/plain")), 415, "unsupported-media-type"),
    ("no messages", post("/messages", {}), 422, "invalid-field"),
    ("null messages", post("/messages", {"messages": None}), 422, "invalid-field"),
    ("an empty list of messages", publish(), 422, "invalid-field"),
    ("an object of messages", post("/messages", {"messages": GOOD}), 422, "invalid-field"),
    ("257 messages", publish(*[GOOD] * 257), 422, "invalid-field"),
    ("a number for a message", publish(7), 422, "invalid-field"),
    ("a good message and a bad one", publish(GOOD, {**GOOD, "body": 7}), 422, "invalid-field"),
    ("no topic", lacking("topic"), 422, "invalid-field"),
    ("no key", lacking("key"), 422, "invalid-field"),
    ("no body", lacking("body"), 422, "invalid-field"),
    ("a number for a topic", message(topic=7), 422, "invalid-field"),
    ("null for a key", message(key=None), 422, "invalid-field"),
    ("an object for a body", message(body={"order_id": 1}), 422, "invalid-field"),
    ("an empty topic", message(topic=""), 422, "invalid-field"),
    ("a topic of 65 characters", message(topic="x" * 65), 422, "invalid-field"),
    ("a topic that is only .dead", message(topic=".dead"), 422, "invalid-field"),
    ("an upper-case topic", message(topic="Order.confirmed"), 422, "invalid-field"),
    ("a topic with a blank", message(topic="order confirmed"), 422, "invalid-field"),
    ("a topic with a slash", message(topic="order/confirmed"), 422, "invalid-field"),
    ("a topic with an umlaut", message(topic="bestätigt"), 422, "invalid-field"),
    ("a topic with NUL", message(topic="order\0"), 422, "invalid-field"),
    ("a pattern for a topic", message(topic="order.*"), 422, "invalid-field"),
    ("a key of 256 bytes", message(key="k" * 256), 422, "invalid-field"),
    ("a key of 128 wide characters", message(key="é" * 128), 422, "invalid-field"),
    ("a message of 64 KiB + 1", message(body="x" * (BIGGEST + 1)), 413, "body-too-large"),
    ("a message of 32,769 wide characters", message(body="é" * (BIGGEST // 2 + 1)), 413,
     "body-too-large"),
    ("messages of more than 8 MiB", post("/messages", b" " * (BODY_LIMIT + 1)), 413,
     "body-too-large"),
    ("messages of 8 MiB without a length",
     post("/messages", b" " * BODY_LIMIT).without("Content-Length"), 411, "length-required"),
    ("no topics", put("/groups/bad", {}), 422, "invalid-field"),
    ("an empty list of topics", subscribe(), 422, "invalid-field"),
    ("a text for topics", put("/groups/bad", {"topics": "order.*"}), 422, "invalid-field"),
    ("a number among topics", subscribe("order.*", 7), 422, "invalid-field"),
    ("half a wildcard", subscribe("order.conf*"), 422, "invalid-field"),
    ("two wildcards in a word", subscribe("order.**"), 422, "invalid-field"),
    ("an upper-case pattern", subscribe("Order.*"), 422, "invalid-field"),
    ("1001 patterns", subscribe(*["a.*"] * 1001), 422, "invalid-field"),
    ("an upper-case group", subscribe("a.*", group="Notify"), 422, "invalid-field"),
    ("a group of 65 characters", subscribe("a.*", group="x" * 65), 422, "invalid-field"),
    ("a group with a blank", subscribe("a.*", group="a%20b"), 422, "invalid-field"),
    ("a group with NUL", subscribe("a.*", group="a%00"), 422, "invalid-field"),
    ("a group with a slash", subscribe("a.*", group="a%2fb"), 404, "not-found"),
    ("no group", subscribe("a.*", group=""), 404, "not-found"),
    ("a group that climbs", subscribe("a.*", group="../../etc"), 404, "not-found"),
    ("an unknown group that receives", receive("/groups/nobody/receive"), 404, "group-not-found"),
    ("an impossible group that receives", receive("/groups/No/receive"), 422, "invalid-field"),
    ("no max", post("/groups/bad/receive", {"wait_ms": 0}), 422, "invalid-field"),
    ("no wait_ms", post("/groups/bad/receive", {"max": 1}), 422, "invalid-field"),
    ("max 0", receive(max=0), 422, "invalid-field"),
    ("max 257", receive(max=257), 422, "invalid-field"),
    ("max 1.0", receive(max=1.0), 422, "invalid-field"),
    ("a text for max", receive(max="1"), 422, "invalid-field"),
    ("max true", receive(max=True), 422, "invalid-field"),
    ("wait_ms -1", receive(wait_ms=-1), 422, "invalid-field"),
    ("wait_ms 10,001", receive(wait_ms=10_001), 422, "invalid-field"),
    ("wait_ms 2^64 + 1", receive(wait_ms=2**64 + 1), 422, "invalid-field"),
    ("no deliveries", post("/groups/bad/ack", {}), 422, "invalid-field"),
    ("an empty list of deliveries", settle("ack", deliveries=[]), 422, "invalid-field"),
    ("257 deliveries", settle("ack", deliveries=[HELD] * 257), 422, "invalid-field"),
    ("an id for a delivery", settle("ack", deliveries=[1]), 422, "invalid-field"),
    ("null for a delivery", settle("ack", deliveries=[None]), 422, "invalid-field"),
    ("a delivery without a lease", settle("ack", deliveries=[{"id": 1}]), 422, "invalid-field"),
    ("a delivery with id 0", settle("ack", deliveries=[{"id": 0, "lease": 1}]), 422,
     "invalid-field"),
    ("a delivery with lease 0", settle("ack", deliveries=[{"id": 1, "lease": 0}]), 422,
     "invalid-field"),
    ("a delivery with id 2^63", settle("ack", deliveries=[{"id": 2**63, "lease": 1}]), 422,
     "invalid-field"),
    ("a text for a lease", settle("ack", deliveries=[{"id": 1, "lease": "1"}]), 422,
     "invalid-field"),
    ("delay_ms -1", settle("retry", delay_ms=-1), 422, "invalid-field"),
    ("delay_ms of more than an hour", settle("retry", delay_ms=3_600_001), 422, "invalid-field"),
    ("a text for delay_ms", settle("retry", delay_ms="1"), 422, "invalid-field"),
    ("a number for a reason", settle("dead", reason=7), 422, "invalid-field"),
    ("what nobody was given", settle("ack"), 409, "stale-lease"),
    ("ids and leases of 2^63 - 1", settle("ack", deliveries=[
        {"id": 2**63 - 1, "lease": 2**63 - 1}]), 409, "stale-lease"),
    ("an unknown topic", get("/topics/nowhere/messages"), 404, "topic-not-found"),
    ("an impossible topic", get("/topics/No/messages"), 422, "invalid-field"),
    ("peek limit 0", get("/topics/check.news/messages?limit=0"), 422, "invalid-field"),
    ("peek limit 101", get("/topics/check.news/messages?limit=101"), 422, "invalid-field"),
    ("a word for a peek limit", get("/topics/check.news/messages?limit=all"), 422, "invalid-field"),
    ("dead letters after -1", get("/dead?after=-1"), 422, "invalid-field"),
    ("dead letters of an impossible topic", get("/dead?topic=a%20b"), 422, "invalid-field"),
    ("an unknown dead letter", get("/dead/999999999"), 404, "dead-letter-not-found"),
    ("dead letter 2^63", get(f"/dead/{2**63}"), 422, "invalid-field"),
    ("a redrive of nothing", post("/dead/999999999/redrive", {}), 404, "dead-letter-not-found"),
    ("a redrive of id 0", post("/dead/0/redrive", {}), 422, "invalid-field"),
    ("a redrive that only looks", get("/dead/1/redrive"), 405, "method-not-allowed"),
    ("a group to be deleted", delete("/groups/bad"), 405, "method-not-allowed"),
]


def check(url):
    """(what, findings) for every bad request to the broker."""
    exchange(url, subscribe("bad.settled"))
    before = queues(url)
    for what, request, status, problem in REFUSED:
        yield f"broker: {what}", refusal_findings(url, request, status, problem)
    yield "broker: refused requests keep nothing", (
        [] if queues(url) == before else [f"{before} became {queues(url)}"])
    yield "broker: an ack twice", twice_findings(url)
    yield "broker: an old lease", old_lease_findings(url)
    yield "broker: one lease of two has ended", one_of_two_findings(url)
    yield "broker: a redrive twice", redriven_twice_findings(url)
    for text in [*KEPT, "", "a\0b", "x" * BIGGEST]:
        yield f"broker: {text[:20]!r} stays itself", text_findings(url, text)


def queues(url):
    """What a request can change, and time cannot."""
    return [(queue["topic"], queue["group"], queue["ready"] + queue["in_flight"], queue["dead"])
            for queue in exchange(url, get("/queues")).json()["queues"]]


def given(url):
    """A message that the group `bad` was given right now."""
    exchange(url, message(topic="bad.settled"))
    return take(url, "bad", "bad.settled")


def status_findings(url, *steps):
    """`steps`: request, the status that must come."""
    for request, status in steps:
        reply = exchange(url, request)
        if reply.status != status:
            yield f"{request.target}: {reply.status} {reply.body[:200]!r}, expected {status}"


def twice_findings(url):
    ack = settling("bad", "ack", given(url))
    return status_findings(url, (ack, 200), (ack, 409))


def old_lease_findings(url):
    old = given(url)
    exchange(url, settling("bad", "retry", old, delay_ms=0))
    new = take(url, "bad", "bad.settled")
    if (new["id"], new["attempt"]) != (old["id"], 2) or new["lease"] <= old["lease"]:
        yield f"{old} came again as {new}"
    for action in ("ack", "extend", "retry", "dead"):
        yield from status_findings(url, (settling("bad", action, old), 409))
    yield from status_findings(url, (settling("bad", "ack", new), 200))


def one_of_two_findings(url):
    """The other message is settled nonetheless."""
    ended, held = given(url), given(url)
    exchange(url, settling("bad", "ack", ended))
    yield from status_findings(
        url, (settling("bad", "ack", ended, held), 409), (settling("bad", "ack", held), 409))
    left = exchange(url, get("/topics/bad.settled/messages")).json()["messages"]
    if left:
        yield f"not settled: {left}"


def redriven_twice_findings(url):
    exchange(url, settling("bad", "dead", given(url), reason="bad"))
    letters = exchange(url, get("/dead?topic=bad.settled")).json()["dead_letters"]
    redrive = post(f"/dead/{letters[-1]['id']}/redrive", {})
    yield from status_findings(url, (redrive, 200), (redrive, 404))
    again = take(url, "bad", "bad.settled")
    yield from status_findings(url, (settling("bad", "ack", again), 200))


def text_findings(url, text):
    """The broker does not look into bodies, nor into keys."""
    key = text if len(text.encode()) <= 255 else ""
    exchange(url, message(topic="bad.settled", key=key, body=text))
    peeked = exchange(url, get("/topics/bad.settled/messages")).json()["messages"]
    got = take(url, "bad", "bad.settled")
    for read in (peeked[0], got):
        if (read["key"], read["body"]) != (key, text):
            yield f"became {read['key']!r} {read['body'][:200]!r}"
    yield from status_findings(url, (settling("bad", "ack", got), 200))
