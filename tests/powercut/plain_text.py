"""Names, numbers and telephones that are planted, in every spelling a program might leave them in, and a search for them on a disk."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sync.contract.identity import check_character

PASSWORD = "这一句口令只在明文检查里用"


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person; nobody else in this repository has the name or the numbers."""

    name: str
    number: str
    phone: str


def _number(first: str) -> str:
    return first + check_character(first)


PEOPLE: Mapping[str, Person] = {
    "filed": Person("欧阳柏霖", _number("33992119870411731"), "13917460285"),
    "on the page": Person("Quarmby Thistlewood", _number("33992119640927582"), "13917460286"),
    "imported": Person("司徒嘉铭", _number("33992119900203157"), "13917460287"),
    "typed only": Person("皇甫沁妍", _number("33992119911122644"), "13917460288"),
    "in the middle": Person("慕容鹤鸣", _number("33992119830816419"), "13917460289"),
}
LOOKED_FOR = (PASSWORD, *(part for one in PEOPLE.values() for part in (one.name, one.number, one.phone)))


def spellings(text: str) -> dict[str, bytes]:
    """Return the text in every form that is looked for, by the form's name."""
    plain = text.encode()
    found = {name: text.encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")}
    found["json"] = json.dumps(text).strip('"').encode()
    found["hex"] = plain.hex().encode()
    for shift in range(3):  # where it stands in what is encoded is not known; the edges mix with what is beside it
        spelt = base64.b64encode(bytes(shift) + plain)
        found[f"base64+{shift}"] = spelt[4 if shift else 0 :].rstrip(b"=")[:-2]
    return found


@dataclass(frozen=True, slots=True)
class Leak:
    """Something planted, in a file or in its name."""

    path: Path
    text: str
    form: str


def leaks(roots: Collection[Path], originals: Collection[bytes]) -> Iterator[Leak]:
    """Yield everything planted that stands below the folders in plain.

    Args:
        originals: what lay there from outside, as it came: the scanner's own files.
    """
    wanted = [(text, form, spelt) for text in LOOKED_FOR for form, spelt in spellings(text).items()]
    for root in roots:
        for folder, folders, files in os.walk(root):
            for name in (*folders, *files):
                for text in LOOKED_FOR:
                    if text in name:
                        yield Leak(Path(folder, name), text, "name")
            for name in files:
                content = Path(folder, name).read_bytes()
                if content not in originals:
                    yield from (
                        Leak(Path(folder, name), text, form) for text, form, spelt in wanted if spelt in content
                    )
