"""Tables of other offices are described by files, and a slip in such a file is told with its line."""

from __future__ import annotations

import pytest

from sync.contract.errors import FactoryFault
from sync.contract.sources import Delivers, load_sources, read_source

WHOLE = """\
name = "boats"
label = "船舶登记"
office = "海事"
known_by = ["hull"]
person = "owner"
named = "owner"

[[column]]
name = "hull"
label = "船号"
needed = true

[[column]]
name = "owner"
label = "身份号码"
type = "identity"
"""


def test_a_new_source_is_a_new_file() -> None:
    boats = read_source("boats.toml", WHOLE)
    assert (boats.label, boats.delivers, boats.column("hull").needed) == ("船舶登记", Delivers.WHOLE, True)


@pytest.mark.parametrize(
    ("from_text", "to_text", "line"),
    [
        ('office = "海事"', 'office = "海事"\nofice = "海事"', 4),
        ('known_by = ["hull"]', 'known_by = ["hul"]', 4),
        ('known_by = ["hull"]', "known_by = []", 4),
        ('person = "owner"', 'person = "owners"', 5),
        ('type = "identity"', 'type = "identiti"', 16),
        ('name = "owner"\nlabel', 'name = "hull"\nlabel', 13),
    ],
)
def test_a_slip_is_refused_with_file_and_line(from_text: str, to_text: str, line: int) -> None:
    assert from_text in WHOLE
    with pytest.raises(FactoryFault) as told:
        read_source("boats.toml", WHOLE.replace(from_text, to_text))
    assert "boats.toml" in told.value.facts["where"]
    assert told.value.facts["line"] == line


def test_every_shipped_source_names_whom_its_rows_are_about_or_nobody() -> None:
    for source in load_sources().values():
        assert bool(source.person) == bool(source.named)
        assert not source.person or source.column(source.person).type == "identity"
        assert any(one.needed for one in source.columns)
