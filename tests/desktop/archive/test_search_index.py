"""Found is exactly what holds the words: recall 1.0 and no false hit, against the truth of the text itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from desktop.archive import pinyin, search_index, segments
from desktop.archive.archive import Archive
from desktop.archive.search_index import Entry
from sync.contract.folding import fold

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CHARACTERS = "张王李陈陳晓曉兰蘭国國建秀英村镇鎮A1b2Ｂ３𠮷，。 "
texts = st.text(alphabet=CHARACTERS, max_size=24)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    made = Archive.create(tmp_path_factory.mktemp("index") / "office", bytes(range(32)), {}, "陈晓兰", AT)
    yield made
    made.close()


def holds(whole: str, question: str) -> bool:
    """The truth: every run of the question stands in the text; Latin words and numbers as whole words."""
    runs = segments.runs(whole)
    return all(
        any(asked in run for run in runs if segments.is_han(run)) if segments.is_han(asked) else asked in runs
        for asked in segments.runs(question)
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(texts, min_size=1, max_size=8), st.lists(st.text(alphabet=CHARACTERS, min_size=1, max_size=5), max_size=6)
)
def test_what_is_found_is_what_holds_the_words(archive: Archive, written: list[str], asked: list[str]) -> None:
    asked = asked + [one[start : start + 3] for one in written for start in range(0, len(one), 5)]
    with archive.act("陈晓兰", AT) as act:
        act.connection.execute(text("DELETE FROM lookup"))
        for row in range(1, 12):
            search_index.remove(act.connection, row)
        for row, one in enumerate(written, start=1):
            search_index.put(act.connection, row, Entry("", one, "", frozenset()))
        for question in filter(segments.query, asked):
            found = set(search_index._in_text(act.connection, question))
            assert found == {row for row, one in enumerate(written, start=1) if holds(one, question)}, question


@given(texts)
def test_indexing_and_asking_cut_a_text_alike(whole: str) -> None:
    for run in segments.runs(whole):
        assert run in fold(whole)
        assert set(segments.tokens(run).split()) <= set(segments.tokens(whole).split()) | {run[-1]}


@pytest.mark.parametrize(
    ("name", "reading", "initials"),
    [
        ("单立新", "shanlixin", "slx"),
        ("仇志远", "qiuzhiyuan", "qzy"),
        ("解放", "xiefang", "xf"),
        ("曾国藩", "zengguofan", "zgf"),
        ("查良镛", "zhaliangyong", "zly"),
        ("欧阳明", "ouyangming", "oym"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("万俟卨", "moqixie", "mqx"),
        ("覃志强", "tanzhiqiang", "tzq"),
        ("覃志强", "qinzhiqiang", "qzq"),
        ("陳曉蘭", "chenxiaolan", "cxl"),
    ],
)
def test_surnames_are_read_as_surnames(name: str, reading: str, initials: str) -> None:
    assert (reading, initials) in pinyin.readings(name)


def test_a_name_without_chinese_has_no_reading() -> None:
    assert pinyin.readings("John") == []
