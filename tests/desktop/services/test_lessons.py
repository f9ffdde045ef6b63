"""A step of the first hour is done when the log says so, and not before."""

from __future__ import annotations

from pathlib import Path

from desktop.services.lessons import Lessons, steps
from desktop.ui.manual import topics
from desktop.ui.words import LANGUAGES, Words
from tests.desktop.services.office import begin_office


def test_what_the_log_tells_is_ticked_off(tmp_path: Path) -> None:
    office = begin_office(tmp_path)
    lessons = Lessons(office.archive)

    def done() -> set[str]:
        return {one.step.key for one in lessons.tried() if one.done}

    assert done() == set()
    filed = office.file_marriage()
    assert done() == {"file"}
    form = office.cataloguing.correct(filed.record)
    office.cataloguing.put(form.draft.uid, "remark", "补记")
    office.filing.file(form.draft.uid)
    assert done() == {"file", "correct"}
    office.finding.show(filed.record, "本人来查")
    assert done() == {"file", "correct", "find"}
    office.archive.close()


def test_every_step_has_words_and_a_page_that_is_there() -> None:
    for language in LANGUAGES:
        words = Words(language)
        for step in steps():
            assert words(f"lesson.step_{step.key}")
            assert "`" in words(f"lesson.how_{step.key}")  # a key at least
            assert step.page in topics(language)
            assert all(words.find(f"act.{act}") for act in step.acts)
