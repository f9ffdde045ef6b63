"""Found is exactly what holds the words: recall 1.0 and no false hit, against the truth of the text itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop.archive import search, search_index, search_question, segments
from desktop.archive.archive import Archive
from desktop.archive.search_entries import Entry, Lead, name_tokens
from sync.contract import pinyin
from sync.contract.folding import fold

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CHARACTERS = "张王李陈陳晓曉兰蘭国國建秀英村镇鎮A1b2Ｂ３𠮷，。 "
texts = st.text(alphabet=CHARACTERS, max_size=24)
long_texts = st.text(alphabet=CHARACTERS, min_size=segments.LONG_TEXT + 1, max_size=200)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    made = Archive.create(tmp_path_factory.mktemp("index") / "office", bytes(range(32)), {}, "陈晓兰", AT)
    yield made
    made.close()


def holds(several: tuple[str, str, str], question: str) -> bool:
    """The truth: every run of the question stands in one of the texts; Latin words and numbers as whole words."""
    runs = [run for whole in several for run in segments.runs(whole)]
    return all(
        any(asked in run for run in runs if segments.is_han(run)) if segments.is_han(asked) else asked in runs
        for asked in segments.runs(question)
    )


def entry_of(names: str, fields: str, pages: str) -> Entry:
    return Entry(" ".join([name_tokens(names), segments.tokens("\n".join([names, fields, pages]))]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(texts, texts, texts | long_texts), min_size=1, max_size=8),
    st.lists(st.text(alphabet=CHARACTERS, min_size=1, max_size=5), max_size=6),
)
def test_what_is_found_is_what_holds_the_words(
    archive: Archive, written: list[tuple[str, str, str]], asked: list[str]
) -> None:
    asked = asked + [one[start : start + 3] for several in written for one in several for start in range(0, 24, 5)]
    with archive.act("陈晓兰", AT) as act:
        for row in range(1, 12):
            search_index.remove(act.connection, row)
        for row, several in enumerate(written, start=1):
            search_index.put(act.connection, row, entry_of(*several))
        for question in asked:
            read = search_question.read(question)
            if read.tiers:
                found = search.every(act.connection, read).rows
                truth = {row for row, several in enumerate(written, start=1) if holds(several, question)}
                assert sorted(found) == sorted(truth), question
                assert set(search.first(act.connection, read, 50).rows) == truth, question
                assert search.first(act.connection, read, 2).rows[:] == found[:2], question


@given(texts | long_texts)
def test_a_long_text_is_cut_like_a_short_one(whole: str) -> None:
    assert segments._tokens_of_long(fold(whole)) == " ".join(segments.of_runs(segments.runs(whole)))


@given(texts)
def test_indexing_and_asking_cut_a_text_alike(whole: str) -> None:
    for run in segments.runs(whole):
        assert run in fold(whole)
        assert set(segments.tokens(run).split()) <= set(segments.tokens(whole).split()) | {run[-1]}


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("单立新", "shan li xin"),
        ("仇志远", "qiu zhi yuan"),
        ("解放", "xie fang"),
        ("曾国藩", "zeng guo fan"),
        ("查良镛", "zha liang yong"),
        ("欧阳明", "ou yang ming"),
        ("尉迟恭", "yu chi gong"),
        ("万俟卨", "mo qi xie"),
        ("覃志强", "tan zhi qiang"),
        ("覃志强", "qin zhi qiang"),
        ("陳曉蘭", "chen xiao lan"),
    ],
)
def test_surnames_are_read_as_surnames(name: str, reading: str) -> None:
    assert tuple(reading.split()) in pinyin.readings(fold(name))


def test_a_name_without_chinese_has_no_reading() -> None:
    assert name_tokens("John") == Lead.NAME + "john"


@pytest.mark.parametrize(
    ("typed", "cut"),
    [
        ("zhangsan", (("zhang",), "san")),
        ("zhangs", (("zhang",), "s")),
        ("xian", ((), "xian")),
        ("xian", (("xi",), "an")),
        ("fangang", (("fan",), "gang")),
        ("fangang", (("fang",), "ang")),
        ("zh", ((), "zh")),
    ],
)
def test_typed_pinyin_is_cut_in_every_way_it_may_be_meant(typed: str, cut: tuple[tuple[str, ...], str]) -> None:
    assert cut in pinyin.cuts(typed)


def test_what_is_no_pinyin_has_no_cut() -> None:
    assert pinyin.cuts("xyz") == []


def test_merging_comes_to_an_end_and_finds_the_same(tmp_path: Path) -> None:
    archive = Archive.create(tmp_path / "office", bytes(range(32)), {}, "陈晓兰", AT)
    try:
        for row in range(1, 30):
            with archive.act("陈晓兰", AT) as act:
                search_index.add(act.connection, [(row, entry_of("王秀英", f"第 {row} 件", "云泽县青石镇" * row))])
        steps = 0
        with archive.act("陈晓兰", AT) as act:
            while search_index.tidy(act.connection, 8):
                steps += 1
            assert search.every(act.connection, search_question.read("青石镇")).rows[:] == list(range(29, 0, -1))
        assert 0 < steps < 100
    finally:
        archive.close()
