"""OpenAPI 3.1 documents: whether one is well-formed, and whether an answer conforms to it."""
import re

import jsonschema
from yaml_document import YamlDocument

METHODS = ("get", "post", "put", "patch", "delete")
# Headers that mean something only where a document says so.
TELLING_HEADERS = ("Location", "Retry-After", "Allow", "WWW-Authenticate", "Preference-Applied")


class Document(YamlDocument):
    def operations(self):
        """(path, METHOD, operation) of each; references are replaced by what they point to."""
        for path, item in self.tree["paths"].items():
            for method in METHODS:
                if method in item:
                    yield path, method.upper(), item[method]

    def response(self, name):
        return self.tree["components"]["responses"][name]


def schema_errors(schema, value):
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(value)]


def structure_findings(document):
    """What makes the document no valid OpenAPI 3.1."""
    tree = document.tree
    if not re.fullmatch(r"3\.1\.\d+", str(tree.get("openapi"))):
        yield "openapi must be 3.1.x"
    for key in ("title", "version"):
        if not tree.get("info", {}).get(key):
            yield f"info.{key} is missing"
    seen = set()
    for path, method, operation in document.operations():
        where = f"{method} {path}"
        identifier = operation.get("operationId")
        if not identifier or identifier in seen:
            yield f"{where}: its operationId is missing or taken"
        seen.add(identifier)
        yield from parameter_findings(where, path, operation)
        if "requestBody" in operation:
            yield from media_findings(f"{where} body", operation["requestBody"])
        if not operation.get("responses"):
            yield f"{where}: no responses"
        for status, response in operation.get("responses", {}).items():
            yield from response_findings(f"{where} {status}", status, response)
    for name, response in tree["components"]["responses"].items():
        yield from response_findings(name, "404", response)


def parameter_findings(where, path, operation):
    in_path = set()
    for parameter in operation.get("parameters", []):
        if parameter.get("in") not in ("path", "query", "header"):
            yield f"{where}: a parameter is in {parameter.get('in')}"
        if parameter["in"] == "path":
            in_path.add(parameter["name"])
            if parameter.get("required") is not True:
                yield f"{where}: {parameter['name']} is in the path and must be required"
        yield from value_findings(f"{where} {parameter['name']}", parameter)
    if in_path != set(re.findall(r"\{(\w+)\}", path)):
        yield f"{where}: its parameters are not those of its path"


def response_findings(where, status, response):
    if not re.fullmatch(r"[1-5]\d\d", status):
        yield f"{where}: {status} is no status"
    if not response.get("description"):
        yield f"{where}: no description"
    for name, header in response.get("headers", {}).items():
        yield from value_findings(f"{where} {name}", header)
    yield from media_findings(where, response)


def media_findings(where, holder):
    if not holder.get("content"):
        yield f"{where}: no content"
    for media in holder.get("content", {}).values():
        yield from value_findings(where, media)


def value_findings(where, holder):
    """A schema must be one, and the example beside it must be valid."""
    if "schema" not in holder:
        yield f"{where}: no schema"
        return
    try:
        jsonschema.Draft202012Validator.check_schema(holder["schema"])
    except jsonschema.SchemaError as error:
        yield f"{where}: its schema is none: {error.message}"
        return
    if "example" in holder:
        for message in schema_errors(holder["schema"], holder["example"]):
            yield f"{where}: its example is wrong: {message}"


def shared_findings(documents):
    """Components of one name say the same in every document that has them."""
    first = {}
    for document in documents:
        for kind in ("schemas", "parameters", "headers"):
            for name, component in document.tree["components"].get(kind, {}).items():
                if name == "id":
                    continue  # its description names what it is the id of
                known = first.setdefault((kind, name), (document.name, component))
                if known[1] != component:
                    yield f"{kind} {name} differs between {known[0]} and {document.name}"


def reply_findings(response, reply):
    """How an answer departs from the documented response."""
    media = response["content"].get(reply.media_type())
    if media is None:
        yield f"its type is {reply.media_type()}, not {' or '.join(response['content'])}"
    else:
        text = reply.body.decode("utf-8")
        is_json = reply.media_type().endswith("json")
        for message in schema_errors(media["schema"], reply.json() if is_json else text):
            yield f"its body: {message}"
    documented = response.get("headers", {})
    for name, header in documented.items():
        value = reply.headers.get(name)
        if value is None and header.get("required"):
            yield f"it lacks the header {name}"
        elif value is not None:
            is_number = header["schema"].get("type") == "integer" and value.isdigit()
            for message in schema_errors(header["schema"], int(value) if is_number else value):
                yield f"its header {name}: {message}"
    for name in (*TELLING_HEADERS, "traceresponse"):
        if name in reply.headers and name not in documented:
            yield f"it has the undocumented header {name}"


def documented_problems(response):
    """The names of the problems that a documented response may tell."""
    media = response["content"].get("application/problem+json")
    if media is None:
        return set()
    types = media["schema"]["allOf"][1]["properties"]["type"]["enum"]
    return {name.removeprefix("urn:msdemo:problem:") for name in types}
