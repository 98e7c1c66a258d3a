"""What a caller prefers (RFC 7240), and how the order service answers in each of the two styles."""
from running import exchange, get, post

BOOK = {"user_id": 1, "item_name": "book"}
NOBODY = {"user_id": 999999999, "item_name": "book"}

# Prefer of POST /orders -> status, the order's status, Preference-Applied
PLACED = [
    ("respond-async", 202, "pending", "respond-async"),
    ("Respond-Async", 202, "pending", "respond-async"),
    ("respond-async; why=no", 202, "pending", "respond-async"),
    ("respond-async, wait=20", 201, "confirmed", "respond-async, wait=20"),
    ("wait=\"20\",handling=strict,respond-async", 201, "confirmed", "respond-async, wait=20"),
    ("respond-async, wait=99", 201, "confirmed", "respond-async, wait=30"),
    ("respond-async, wait=soon", 202, "pending", "respond-async"),
    ("respond-async, wait=-1", 202, "pending", "respond-async"),
    ("wait=5", 201, "confirmed", None),
    ("handling=strict", 201, "confirmed", None),
    ("", 201, "confirmed", None),
]


def prefer(preference):
    return ("Prefer", preference)


def check(order_url, undecided_url):
    """(what, findings) for every preference. At `undecided_url` orders stay pending."""
    for preference, *expected in PLACED:
        reply = exchange(order_url, post("/orders", BOOK, prefer(preference)))
        yield f"Prefer: {preference}", reply_findings(reply, *expected)
    yield "an order is confirmed later", later_findings(order_url, BOOK, "confirmed")
    yield "an order is rejected later", later_findings(order_url, NOBODY, "rejected")
    yield "an order is not decided in time", undecided_findings(undecided_url)
    yield "a key keeps the order's style", style_findings(order_url)


def reply_findings(reply, status, order_status, applied):
    if reply.status != status:
        yield f"{reply.status} {reply.body[:200]!r}, expected {status}"
    elif reply.json()["status"] != order_status:
        yield f"the order is {reply.json()['status']}, expected {order_status}"
    if reply.headers.get("Preference-Applied") != applied:
        yield f"Preference-Applied is {reply.headers.get('Preference-Applied')}, expected {applied}"


def later_findings(url, order, status):
    location = exchange(url, post("/orders", order, prefer("respond-async"))).headers["Location"]
    decided = exchange(url, get(location, prefer("wait=20")))
    yield from reply_findings(decided, 200, status, "wait=20")
    yield from reply_findings(exchange(url, get(location)), 200, status, None)


def undecided_findings(url):
    for wait in ("wait=0", "wait=1"):
        placed = exchange(url, post("/orders", BOOK, prefer(f"respond-async, {wait}")))
        yield from reply_findings(placed, 202, "pending", f"respond-async, {wait}")
        read = exchange(url, get(placed.headers["Location"], prefer(wait)))
        yield from reply_findings(read, 200, "pending", wait)


def style_findings(url):
    """A repeated order is answered in the style in which it was placed."""
    for key, style, other in (("style-1", "respond-async", "handling=strict"),
                              ("style-2", "handling=strict", "respond-async")):
        keyed = post("/orders", BOOK, ("Idempotency-Key", key))
        first = exchange(url, keyed.plus(prefer(style)))
        for preference in (style, other):
            again = exchange(url, keyed.plus(prefer(preference)))
            if (again.status, again.headers["Location"]) != (
                    first.status, first.headers["Location"]):
                yield (f"{style}: {first.status} {first.headers['Location']}, repeated with "
                       f"{preference}: {again.status} {again.headers['Location']}")
