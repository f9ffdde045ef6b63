"""A written key belongs to one field of its kind, or to none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.contract.kind_files import load_kinds
from sync.contract.kinds import Field, Group, Kind

FIELDS = [
    pytest.param(kind, group, field, id=f"{kind.key}-{field.key}")
    for kind in load_kinds().values()
    for group, field in kind.all_fields()
]


@pytest.mark.parametrize(("kind", "group", "field"), FIELDS)
def test_a_field_is_found_by_its_key_and_in_a_repeated_group_by_its_place(
    kind: Kind, group: Group, field: Field
) -> None:
    head, _, rest = field.key.partition(".")
    placed = f"{head}.3.{rest}"
    assert kind.field(field.key) is (None if group.repeated else field)
    assert kind.field(placed) is (field if group.repeated else None)
    assert kind.field(f"{head}.3.4.{rest}") is None
    assert kind.field(f"3.{field.key}") is None
    assert kind.field(field.key + ".x") is None


def test_a_kind_with_other_groups_finds_other_fields() -> None:
    kind = load_kinds()["marriage"]
    fewer = replace(kind, groups=kind.groups[1:])
    gone = kind.groups[0].fields[0].key
    assert kind.field(gone) is not None
    assert fewer.field(gone) is None
    assert replace(fewer, groups=kind.groups) == kind
