"""A YAML document whose parts refer to each other by `$ref`."""
import yaml


class YamlDocument:
    def __init__(self, name, data):
        self.name = name
        self.bytes = data
        self.raw = yaml.safe_load(data)
        self.tree = self._inline(self.raw)

    @classmethod
    def read(cls, path):
        return cls(path.stem, path.read_bytes())

    def _inline(self, node):
        """`node` with every reference replaced by what it points to."""
        if isinstance(node, list):
            return [self._inline(item) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return self._inline(self._resolve(node["$ref"]))
        return {key: self._inline(value) for key, value in node.items()}

    def _resolve(self, reference):
        node = self.raw
        for key in reference.removeprefix("#/").split("/"):
            if key not in node:
                raise ValueError(f"{self.name}: nothing at {reference}")
            node = node[key]
        return node
