"""The clerk's daily acts take no more keys than they may, and never a mouse; what was meant stands in the archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.journeys import keystrokes
from tests.journeys.keystrokes import Replayed

AS_TYPED = {"begin": "2019-04-01", "notice_from": "2019-03-10", "notice_to": "2019-03-17"}
NOT_TYPED = ("head.phone", "members.0.health")
HOUSEHOLD = {key: text for key, text in keystrokes.practice("dibao-2019.pdf").fields.items() if key not in NOT_TYPED}


@pytest.mark.parametrize(
    ("act", "most", "meant"),
    [
        (keystrokes.marriage_with_numbers, 66, keystrokes.SECOND),
        (keystrokes.marriage_without_numbers, 55, keystrokes.OLD_SECOND),
        (keystrokes.household, 116, {**HOUSEHOLD, **AS_TYPED}),
        (keystrokes.find_and_open, 8, {"title": "仇志远、单雅琴结婚登记"}),
        (keystrokes.returned_and_sent_again, 5, {"wife.village": "青石镇上河村"}),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_an_act_takes_no_more_keys_than_it_may(
    qapp: QApplication,
    tmp_path: Path,
    act: Callable[[QApplication, Path], Replayed],
    most: int,
    meant: Mapping[str, str],
) -> None:
    done = act(qapp, tmp_path)
    assert {key: done.said.get(key) for key in meant} == dict(meant)
    assert done.mouse == 0
    assert done.keys <= most
