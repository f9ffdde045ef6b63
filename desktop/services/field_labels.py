"""What a record's fields are called (栏目名), in the order of its form."""

from __future__ import annotations

from collections.abc import Mapping

from sync.contract.kinds import Kind


def labels_of(kind: Kind, written: Mapping[str, str]) -> dict[str, str]:
    """Return the label of each field, with its group's before it; of a repeated group as many places as are written."""
    return {
        key: group.label + field.label if group.key else field.label
        for group in kind.groups
        for key, field in kind.instances(group, written)
    }
