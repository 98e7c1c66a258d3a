"""A user service of one's own, written from the documents alone: what it publishes must be enough.

It fails, is asked again, and answers twice; the order service must make one effect of all that.
"""
import json

from groups import receive, settling, subscribe, take
from openapi_document import schema_errors
from running import Service, exchange, get, post, refusing_url

REQUESTED = "user.lookup.requested"
REPLIED = "user.lookup.replied"
WAIT_MS = 10_000
PATIENT = ("Prefer", "wait=20")
REASON = "the stand-in is not well"


class Lab:
    """A broker and an order service; this process is the user service."""

    def __init__(self, program, folder, document, order_schema):
        self._reply = document.tree["components"]["messages"]["lookupReplied"]["examples"][0]
        self._order_schema = order_schema
        self.broker = Service(program, "broker", f"{folder}/broker")
        nobody, self._port_holder = refusing_url()
        self.order = Service(program, "order", f"{folder}/order", "--user-url", nobody,
                             "--broker-url", self.broker.url)
        self.services = {"the stand-in's broker": self.broker, "the stand-in's order": self.order}
        subscribe(self.broker.url, "listener", "order.*")

    def place(self):
        order = {"user_id": 7, "item_name": "book"}
        reply = exchange(self.order.url, post("/orders", order, ("Prefer", "respond-async")))
        return reply.headers["Location"]

    def read(self, location):
        return exchange(self.order.url, get(location, PATIENT)).json()

    def request(self):
        return take(self.broker.url, "user", REQUESTED, WAIT_MS)

    def reply(self, delivery, times=1):
        request = json.loads(delivery["body"])
        event = {**self._reply["payload"], "id": request["id"] + ".replied",
                 "correlationid": request["correlationid"],
                 "partitionkey": request["partitionkey"],
                 "data": {**request["data"], "username": "Zoë"}}
        message = {"topic": REPLIED, "key": event["partitionkey"], "body": json.dumps(event)}
        exchange(self.broker.url, post("/messages", {"messages": [message] * times}))
        exchange(self.broker.url, settling("user", "ack", delivery))

    def bury(self, delivery):
        exchange(self.broker.url, settling("user", "dead", delivery, reason=REASON))

    def redrive(self):
        (letter,) = exchange(self.broker.url, get("/dead")).json()["dead_letters"]
        exchange(self.broker.url, post(f"/dead/{letter['id']}/redrive", {}))

    def told(self):
        """What the order service publishes next about an order."""
        (delivery,) = receive(self.broker.url, "listener", 1, WAIT_MS)
        exchange(self.broker.url, settling("listener", "ack", delivery))
        return json.loads(delivery["body"])

    def order_findings(self, order, status, username, reason):
        if (order["status"], order["username"]) != (status, username):
            yield f"expected {status} {username!r}, got {order}"
        if reason not in (order["reason"] or ""):
            yield f"the reason is {order['reason']}, expected {reason}"
        yield from schema_errors(self._order_schema, order)


def check(lab):
    """(what, findings) of one order that fails and is confirmed after all, and another one."""
    first = lab.place()
    lab.bury(lab.request())
    yield "a dead lookup fails its order", lab.order_findings(
        lab.read(first), "failed", "", REASON)
    lab.redrive()
    lab.reply(lab.request(), times=2)
    told = lab.told()
    yield "a redriven lookup confirms its order", lab.order_findings(
        told["data"], "confirmed", "Zoë", "")
    yield "what is published is the order", [] if lab.read(first) == told["data"] else [str(told)]
    second = lab.place()
    lab.reply(lab.request())
    yield "a reply that comes twice has one effect", (
        [] if lab.told()["data"] == lab.read(second) else ["the first order was published again"])
