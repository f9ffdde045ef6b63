"""What a recogniser easily mistakes is put right where the form of the field allows just one reading, and stays doubtful."""

from __future__ import annotations

import pytest

from desktop.documents.recognition import FoundLine
from desktop.services.page_fields import DOUBTFUL, propose_fields
from sync.contract.kind_files import load_kinds

KINDS = load_kinds()


def proposed(kind: str, label: str, text: str, score: float = 0.99) -> tuple[str, float]:
    lines = (FoundLine(label, 0.1, 0.1, 0.3, 0.12, 0.99), FoundLine(text, 0.4, 0.1, 0.7, 0.12, score))
    (found,) = propose_fields(KINDS[kind], lines).values()
    return found.text, found.score


@pytest.mark.parametrize(
    ("kind", "label", "read", "meant"),
    [
        ("marriage", "结婚证字号", "」339921-2008-000016", "J339921-2008-000016"),
        ("marriage", "结婚证字号", "J33992l-2OO8-000016", "J339921-2008-000016"),
        ("marriage", "结婚证字号", "J339921—2008—000016.", "J339921-2008-000016"),
        ("marriage", "男方身份证号", "33992119830223OO31", "339921198302230031"),
        ("dibao", "人均月收入", "325.元", "325元"),
    ],
)
def test_a_slip_is_put_right_and_marked_as_doubtful(kind: str, label: str, read: str, meant: str) -> None:
    assert proposed(kind, label, read) == (meant, DOUBTFUL)


@pytest.mark.parametrize(
    ("kind", "label", "read"),
    [
        ("marriage", "结婚证字号", "J339921-2008-000016"),  # as it should be
        ("marriage", "结婚证字号", "婚字第 12 号".replace(" ", "")),  # an old form: nothing fits, nothing is guessed
        ("marriage", "男方身份证号", "339921198302230032"),  # a wrong check digit is the paper's, or the clerk's to see
        ("dibao", "人均月收入", "3.25元"),
        ("dibao", "家庭住址", "云泽县O村"),  # no form to hold it against
    ],
)
def test_nothing_else_is_touched(kind: str, label: str, read: str) -> None:
    assert proposed(kind, label, read) == (read, 0.99)
