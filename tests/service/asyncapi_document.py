"""An AsyncAPI 3.0 document: whether it is well-formed, and whether messages conform to it.

Only what the project's document uses; AsyncAPI's own schemas are those of JSON Schema Draft 7.
"""
import itertools
import json
import re

import jsonschema
from yaml_document import YamlDocument

SERVICES = ("order", "user", "notify")
CORRELATION = re.compile(r"\$message\.payload#/(\w+)")
DEAD = ".dead"


class Document(YamlDocument):
    def topics(self):
        """{topic: (the channel's name, the channel)}, with every value of its parameters."""
        found = {}
        for name, channel in self.tree["channels"].items():
            parameters = channel.get("parameters", {})
            values = [parameter["enum"] for parameter in parameters.values()]
            for chosen in itertools.product(*values):
                topic = channel["address"].format(**dict(zip(parameters, chosen)))
                found[topic] = (name, channel)
        return found

    def receivers(self):
        """{(topic, service)} of what is documented to be received."""
        operations = self.raw["operations"].values()
        return {(self._address(operation), service_of(operation))
                for operation in operations if operation["action"] == "receive"}

    def _address(self, operation):
        return self._resolve(operation["channel"]["$ref"])["address"]


def service_of(operation):
    return operation["tags"][0]["name"]


def read(data):
    """The document in `data`, or None and why it cannot be read."""
    try:
        return Document("asyncapi", data), []
    except ValueError as error:
        return None, [str(error)]


def structure_findings(document):
    """What makes the document no valid AsyncAPI 3.0, or contradicts itself."""
    tree = document.tree
    if not re.fullmatch(r"3\.0\.\d+", str(tree.get("asyncapi"))):
        yield "asyncapi must be 3.0.x"
    for key in ("title", "version"):
        if not tree.get("info", {}).get(key):
            yield f"info.{key} is missing"
    for name, channel in tree["channels"].items():
        yield from channel_findings(name, channel)
    addresses = [channel.get("address") for channel in tree["channels"].values()]
    if len(set(addresses)) != len(addresses):
        yield "two channels have one address"
    for name, message in tree["components"]["messages"].items():
        yield from message_findings(name, message)
    for name, operation in document.raw["operations"].items():
        yield from operation_findings(name, operation, document)


def channel_findings(name, channel):
    address = channel.get("address")
    if not address:
        yield f"{name}: no address"
        return
    parameters = channel.get("parameters", {})
    if set(re.findall(r"\{(\w+)\}", address)) != set(parameters):
        yield f"{name}: its parameters are not those of its address"
    for parameter, told in parameters.items():
        if not told.get("enum"):
            yield f"{name}: {parameter} names no values"
    if len(channel.get("messages", {})) != 1:
        yield f"{name}: a topic has one type of message"
    for message in channel.get("messages", {}).values():
        types = {example["payload"]["type"] for example in message.get("examples", [])}
        if not parameters and types - {address.removesuffix(DEAD)}:
            yield f"{name}: the examples' types are {types}, its address is {address}"


def message_findings(name, message):
    for key in ("contentType", "payload", "examples", "correlationId"):
        if not message.get(key):
            yield f"{name}: no {key}"
            return
    try:
        jsonschema.Draft7Validator.check_schema(message["payload"])
    except jsonschema.SchemaError as error:
        yield f"{name}: its payload is no schema: {error.message}"
        return
    location = CORRELATION.fullmatch(message["correlationId"]["location"])
    for example in message["examples"]:
        for error in payload_errors(message, example["payload"]):
            yield f"{name}: its example is wrong: {error}"
        if location is None or location[1] not in example["payload"]:
            yield f"{name}: its correlation id is nowhere"


def operation_findings(name, operation, document):
    action, tags = operation.get("action"), operation.get("tags", [])
    if action not in ("send", "receive"):
        yield f"{name}: its action is {action}"
    if len(tags) != 1 or tags[0]["name"] not in SERVICES:
        yield f"{name}: must be tagged with one service"
        return
    for part in filter(None, (operation, operation.get("reply"))):
        channel = part.get("channel", {}).get("$ref", "")
        if not channel.startswith("#/channels/"):
            yield f"{name}: its channel must be a reference to one"
        messages = [message.get("$ref", "") for message in part.get("messages", [])]
        if not messages:
            yield f"{name}: no messages"
        for message in messages:
            if not message.startswith(f"{channel}/messages/"):
                yield f"{name}: {message} is no message of its channel"
    if action == "send":
        service = service_of(operation)
        tree = document.tree["operations"][name]
        for example in itertools.chain(*(message["examples"] for message in tree["messages"])):
            if example["payload"]["source"] != f"/{service}":
                yield f"{name}: the example's source is not {service}"


def payload_errors(message, payload):
    validator = jsonschema.Draft7Validator(message["payload"])
    return [f"{'.'.join(map(str, error.path))}: {error.message}"
            for error in validator.iter_errors(payload)]


def delivery_findings(document, delivery):
    """How a message on a topic departs from what is documented."""
    name, channel = document.topics().get(delivery["topic"], (None, None))
    if name is None:
        yield f"the topic {delivery['topic']} is not documented"
        return
    where = f"{delivery['topic']} {delivery['key']}"
    try:
        event = json.loads(delivery["body"])
    except ValueError:
        yield f"{where}: not JSON: {delivery['body'][:100]!r}"
        return
    (message,) = channel["messages"].values()
    errors = payload_errors(message, event)
    for error in errors:
        yield f"{where}: {error}"
    if not errors and event["partitionkey"] != delivery["key"]:
        yield f"{where}: its partitionkey is {event['partitionkey']}"
    if not errors and event["correlationid"] != f"order-{event['partitionkey']}":
        yield f"{where}: its correlationid is {event['correlationid']}"
