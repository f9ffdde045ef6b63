"""`python -m installer.make_messages`: write the list of all messages into docs/protocol.md, from the types they are read by.

A test holds that the document says what the types say.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sync.county.api import make_api
from sync.county.openapi import document
from sync.county.service import County, create_county

PROTOCOL = Path(__file__).resolve().parents[1] / "docs" / "protocol.md"
BEGIN, END = "<!-- messages: begin -->\n", "<!-- messages: end -->\n"
_WORDS = {"string": "text", "integer": "number", "boolean": "yes or no"}


def listed(described: Mapping[str, Any]) -> str:
    """Return the messages of a description, one a line, in the order of their names."""
    schemas = described["components"]["schemas"]
    lines = [f"| `{name}` | {_fields(schema)} | {_what(schema)} |" for name, schema in schemas.items()]
    return "\n".join(["| message | fields | is |", "|---|---|---|", *lines]) + "\n"


def _describe() -> Mapping[str, Any]:
    with tempfile.TemporaryDirectory(prefix="lantai-messages-") as name:
        folder = Path(name)
        create_county(folder, "county", folder / "county.key", None)
        county = County(folder, folder / "county.key")
        described = document(make_api(county))
        county.close()
    return described


def _what(schema: Mapping[str, Any]) -> str:
    return str(schema["description"]).replace("|", "\\|")


def _fields(schema: Mapping[str, Any]) -> str:
    if "prefixItems" in schema:
        return "list: " + ", ".join(f"`{one['title']}` {_type(one)}" for one in schema["prefixItems"])
    said = []
    for name, one in schema["properties"].items():
        said.append(f"`{name}`{'' if name in schema['required'] else '?'} {_type(one)}")
    return ", ".join(said)


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return _type(schema["anyOf"][0]) + " or nothing"
    if "enum" in schema:
        return "·".join(f"`{one}`" if one else "nothing" for one in schema["enum"])
    if schema["type"] == "array":
        return f"[{_type(schema['items'])}]"
    return "bytes" if schema.get("format") == "byte" else _WORDS[schema["type"]]


def main() -> None:
    """The document holds the list as it is now."""
    before, _, rest = PROTOCOL.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PROTOCOL.write_text(before + BEGIN + listed(_describe()) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
