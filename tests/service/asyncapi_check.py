#!/usr/bin/env python3
"""Checks the AsyncAPI document against running services, both ways.

Async orders and messages that nobody can handle make every documented channel carry something;
whatever a topic carries must be documented, and look so.
"""
import copy
import json
import pathlib
import sys
import tempfile
import time

import yaml

sys.dont_write_bytecode = True
import asyncapi_document as asyncapi  # noqa: E402
import openapi_document as openapi  # noqa: E402
import stand_in  # noqa: E402
from groups import receive, settling, subscribe  # noqa: E402
from report import Report  # noqa: E402
from running import exchange, get, post, start_lab  # noqa: E402

GROUP = "check"
# Patterns make no topics, as names would.
EVERYTHING = [f"{'.'.join(['*'] * words)}{end}"
              for words in (1, 2, 3, 4, 5) for end in ("", asyncapi.DEAD)]
SEEN_SECONDS = 30


def place_orders(services):
    """One that will be confirmed, and one that will be rejected."""
    exchange(services["user"].url, post("/users", {"name": "Ada"}))
    for user in (1, 999999999):
        reply = exchange(services["order"].url, post(
            "/orders", {"user_id": user, "item_name": "book"}, ("Prefer", "respond-async")))
        if reply.status != 202:
            raise RuntimeError(f"an async order got {reply.status} {reply.body!r}")


def broken_messages(document):
    """For each topic that somebody receives, an event whose data nobody can handle."""
    for topic, (_, channel) in document.topics().items():
        if not topic.endswith(asyncapi.DEAD):
            (message,) = channel["messages"].values()
            event = {**message["examples"][0]["payload"], "data": {"order_id": "broken"}}
            yield {"topic": topic, "key": event["partitionkey"], "body": json.dumps(event)}


def receive_all(url, topics):
    """What the broker gives the check's own group, until all `topics` have been among it."""
    deadline = time.monotonic() + SEEN_SECONDS
    found = []
    while topics - {message["topic"] for message in found} and time.monotonic() < deadline:
        deliveries = receive(url, GROUP, 256, 1000)
        found += deliveries
        if deliveries:
            exchange(url, settling(GROUP, "ack", *deliveries))
    return found


def watch(document, services):
    """(messages, queues) after every documented topic has had a message, or should have."""
    url = services["broker"].url
    subscribe(url, GROUP, *EVERYTHING)
    place_orders(services)
    alive = {topic for topic in document.topics() if not topic.endswith(asyncapi.DEAD)}
    messages = receive_all(url, alive)
    exchange(url, post("/messages", {"messages": list(broken_messages(document))}))
    dead = receive_all(url, document.topics().keys() - alive)
    # On their way to become dead letters, the broken ones were seen where they were published.
    messages += [message for message in dead if message["topic"].endswith(asyncapi.DEAD)]
    return messages, exchange(url, get("/queues")).json()["queues"]


def traffic_findings(document, messages, queues):
    """How what was seen departs from the document."""
    topics = document.topics()
    seen = {message["topic"] for message in messages}
    yield from (f"nothing was seen on {topic}" for topic in sorted(topics.keys() - seen))
    known = {queue["topic"] for queue in queues} | seen
    yield from (f"the topic {topic} is not documented" for topic in sorted(known - topics.keys()))
    good = []
    for message in messages:
        if message["topic"] in topics:
            findings = list(asyncapi.delivery_findings(document, message))
            yield from findings
            if not findings and not message["topic"].endswith(asyncapi.DEAD):
                good.append(json.loads(message["body"]))
    yield from chain_findings(good)
    receivers = {(queue["topic"], queue["group"]) for queue in queues} - {
        (topic, group) for topic in known for group in (GROUP, "")}
    for topic, group in sorted(receivers ^ document.receivers()):
        told = "documented only" if (topic, group) in document.receivers() else "not documented"
        yield f"{group} receives {topic}: {told}"


def chain_findings(events):
    """A reply names its request, and all messages about an order are of one trace."""
    requests = {event["id"] for event in events if event["type"] == "user.lookup.requested"}
    traces = {}
    for event in events:
        trace = event.get("traceparent", "").split("-")[1:2]
        traces.setdefault(event["correlationid"], set()).update(trace)
        is_reply = event["type"] == "user.lookup.replied"
        if is_reply and event["id"].removesuffix(".replied") not in requests:
            yield f"{event['id']} replies to no request"
    for order, ids in traces.items():
        if len(ids) != 1:
            yield f"{order} is in {len(ids)} traces"


def check_traffic(program, document, report):
    with tempfile.TemporaryDirectory(prefix="msdemo-asyncapi-") as state:
        services = start_lab(program, state)
        try:
            messages, queues = watch(document, services)
            report.expect("the messages", traffic_findings(document, messages, queues))
        finally:
            report.stop(services)


def check_stand_in(program, document, order_schema, report):
    with tempfile.TemporaryDirectory(prefix="msdemo-asyncapi-") as state:
        lab = stand_in.Lab(program, state, document, order_schema)
        try:
            for what, findings in stand_in.check(lab):
                report.expect(what, findings)
        finally:
            report.stop(lab.services)


# ---- the check's own test


def sample_traffic(document):
    """Messages and queues as the document itself tells them."""
    messages, queues = [], []
    for topic, (_, channel) in document.topics().items():
        (message,) = channel["messages"].values()
        for event in (example["payload"] for example in message["examples"]):
            messages.append({"topic": topic, "key": event["partitionkey"],
                             "body": json.dumps(event)})
        queues.append({"topic": topic, "group": GROUP})
    queues += [{"topic": topic, "group": group} for topic, group in document.receivers()]
    return messages, queues


def changed(message, **fields):
    return {**message, "body": json.dumps({**json.loads(message["body"]), **fields})}


def drop(tree, *path):
    for key in path[:-1]:
        tree = tree[key]
    del tree[path[-1]]


def put_at(tree, value, *path):
    for key in path[:-1]:
        tree = tree[key]
    tree[path[-1]] = value


REPLIED = ("components", "messages", "lookupReplied")
# How to spoil the document, and what the one finding must say.
DOCUMENT_PLANTS = [
    (lambda tree: drop(tree, "channels", "orderRejected"), "nothing at #/channels/orderRejected"),
    (lambda tree: drop(tree, "channels", "dead", "address"), "dead: no address"),
    (lambda tree: drop(tree, "channels", "dead", "parameters"), "dead: its parameters are not"),
    (lambda tree: drop(tree, "components", "schemas", "Time"), "nothing at #/components/schemas"),
    (lambda tree: put_at(tree, "order.confirmed", "channels", "orderRejected", "address"),
     "two channels have one address"),
    (lambda tree: put_at(tree, "hear", "operations", "decideOrder", "action"), "action is hear"),
    (lambda tree: put_at(tree, [{"name": "users"}], "operations", "decideOrder", "tags"),
     "must be tagged with one service"),
    (lambda tree: put_at(tree, {"$ref": "#/channels/dead"}, "operations", "decideOrder", "channel"),
     "is no message of its channel"),
    (lambda tree: put_at(tree, "text", "components", "schemas", "LookupReplied", "type"),
     "its payload is no schema"),
    (lambda tree: put_at(tree, 7, *REPLIED, "examples", 0, "payload", "data", "username"),
     "example is wrong: data.username"),
    (lambda tree: put_at(tree, "/order", *REPLIED, "examples", 0, "payload", "source"),
     "example is wrong: source"),
    (lambda tree: put_at(tree, "$message.payload#/order", "components", "correlationIds", "order",
                         "location"), "its correlation id is nowhere"),
]
# How to spoil the messages or the queues.
TRAFFIC_PLANTS = [
    (lambda messages, queues: messages.pop(), "nothing was seen on order.rejected.dead"),
    (lambda messages, queues: messages.append({**messages[0], "topic": "user.lookup.lost"}),
     "the topic user.lookup.lost is not documented"),
    (lambda messages, queues: queues.append({"topic": "payment.asked", "group": ""}),
     "the topic payment.asked is not documented"),
    (lambda messages, queues: messages.append({**messages[0], "body": "hello"}), "not JSON"),
    (lambda messages, queues: messages.append(changed(messages[0], data={"order_id": 1})),
     "'user_id' is a required property"),
    (lambda messages, queues: messages.append(changed(messages[0], specversion="0.3")),
     "'1.0' was expected"),
    (lambda messages, queues: messages.append(changed(messages[0], type="user.lookup.replied")),
     "'user.lookup.requested' was expected"),
    (lambda messages, queues: messages.append({**messages[0], "key": "2"}), "its partitionkey is"),
    (lambda messages, queues: messages.append(changed(messages[0], correlationid="order-9")),
     "its correlationid is order-9"),
    (lambda messages, queues: messages.append(changed(
        messages[0], traceparent=f"00-{'1' * 32}-{'2' * 16}-01")), "is in 2 traces"),
    (lambda messages, queues: messages.pop(0), ".replied replies to no request"),
    (lambda messages, queues: queues.append({"topic": "order.rejected", "group": "user"}),
     "user receives order.rejected: not documented"),
    (lambda messages, queues: queues.pop(), ": documented only"),
]


def structure_of(tree):
    document, findings = asyncapi.read(yaml.safe_dump(tree).encode())
    return findings if document is None else list(asyncapi.structure_findings(document))


def self_test(document):
    """Nothing is found in the document and its examples, and each planted violation is."""
    judged = [("the document", None, structure_of(document.raw)),
              ("its examples", None, list(traffic_findings(document, *sample_traffic(document))))]
    for spoil, expected in DOCUMENT_PLANTS:
        tree = copy.deepcopy(document.raw)
        spoil(tree)
        judged.append(("a spoiled document", expected, structure_of(tree)))
    for spoil, expected in TRAFFIC_PLANTS:
        traffic = sample_traffic(document)
        spoil(*traffic)
        judged.append(("spoiled traffic", expected, list(traffic_findings(document, *traffic))))
    failures = []
    for what, expected, found in judged:
        good = any(expected in line for line in found) if expected else not found
        if not good:
            failures.append(f"{what}: expected {expected!r}, found {found}")
    for failure in failures:
        print(failure)
    print(f"{len(judged) - len(failures)} of {len(judged)} judged rightly")
    return 1 if failures else 0


def main():
    if len(sys.argv) != 3:
        print("usage: asyncapi_check.py PROGRAM|--self-test DOCUMENT", file=sys.stderr)
        return 64
    path = pathlib.Path(sys.argv[2])
    document, findings = asyncapi.read(path.read_bytes())
    if document is None:
        print(*findings, sep="\n")
        return 1
    if sys.argv[1] == "--self-test":
        return self_test(document)
    order = openapi.Document.read(path.parent / "openapi" / "order.yaml")
    report = Report()
    report.expect("asyncapi.yaml", asyncapi.structure_findings(document))
    check_traffic(sys.argv[1], document, report)
    check_stand_in(sys.argv[1], document, order.tree["components"]["schemas"]["Order"], report)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
