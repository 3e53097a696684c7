"""Writes the lines of OpenAI's openapi.yaml into schemas/sources.json: `python docs/openapi_lines.py openapi.yaml`.

The file is that of the commit which sources.json names. A pointer is the name of a schema followed by the names of
members (`Error.code`), without a step for array items. `createChatCompletion` names an operation, `TooManyRequests` a
response.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from conformance.resources import folder

ROOTS = (
    "CreateChatCompletionRequest",
    "CreateChatCompletionResponse",
    "CreateChatCompletionStreamResponse",
    "ListModelsResponse",
    "ErrorResponse",
)
OPERATION = ("paths", "/chat/completions", "post", "operationId")
RESPONSE = ("components", "responses", "TooManyRequests")


def members(node: yaml.Node) -> dict[str, tuple[int, yaml.Node]]:
    """The members of a mapping by name, each with the line of its name; none where the node is no mapping."""
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: (key.start_mark.line + 1, value) for key, value in node.value}


def at(node: yaml.Node, *path: str) -> tuple[int, yaml.Node]:
    """The line and the value that a path leads to."""
    line = node.start_mark.line + 1
    for name in path:
        line, node = members(node)[name]
    return line, node


def places(pointer: str, schema: yaml.Node) -> Iterator[tuple[str, int]]:
    """The lines of the members below a schema, and of its `required`; `$ref` is not followed."""
    for keyword, (line, value) in members(schema).items():
        if keyword == "required":
            yield f"{pointer}.required", line
        elif keyword == "properties":
            for name, (own, member) in members(value).items():
                yield f"{pointer}.{name}", own
                yield from places(f"{pointer}.{name}", member)
        elif keyword == "items":
            yield from places(pointer, value)
        elif keyword in ("allOf", "anyOf", "oneOf"):
            for branch in value.value:
                yield from places(pointer, branch)


def references(node: yaml.Node) -> Iterator[str]:
    """The names of the schemas that a node refers to, at any depth."""
    if isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from references(each)
    for keyword, (_, value) in members(node).items():
        if keyword == "$ref":
            yield value.value.rpartition("/")[2]
        else:
            yield from references(value)


def lines(document: yaml.Node) -> dict[str, int]:
    """Every pointer into the schemas of chat completions and models, with the first line where it stands."""
    schemas = members(at(document, "components", "schemas")[1])
    found = {at(document, *OPERATION)[1].value: at(document, *OPERATION)[0], RESPONSE[-1]: at(document, *RESPONSE)[0]}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name in schemas and name not in found:
            line, schema = schemas[name]
            found[name] = line
            for pointer, own in places(name, schema):
                found.setdefault(pointer, own)
            waiting += references(schema)
    return found


def main(path: Path) -> None:
    """Write the lines of the file into schemas/sources.json."""
    table = folder("schemas") / "sources.json"
    documents = json.loads(table.read_text(encoding="utf-8"))
    document = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    assert document is not None, f"{path} is empty"
    anchors = {pointer: f"#L{line}" for pointer, line in sorted(lines(document).items())}
    documents["openai-openapi"]["anchors"] = anchors
    table.write_text(json.dumps(documents, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1])) if len(sys.argv) == 2 else sys.exit(__doc__)
