"""The form of a kind, over the real service: drawn from the kind's data, told what the service says, typed by keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop.services.cataloguing import Form
from desktop.ui.pages.catalogue_card import CatalogueCard
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.contract.kind_files import load_kinds
from tests.desktop.services.office import SmallOffice, begin_office


class Bench:
    """A card on the screen, its typing given to the real service at once."""

    def __init__(self, qtbot: QtBot, look: Look, words: Words, office: SmallOffice, kind: str) -> None:
        self.office, self.qtbot = office, qtbot
        self.card = CatalogueCard(look, words)
        qtbot.addWidget(self.card)
        self.form: Form = office.cataloguing.start(kind, office.receive())
        self.card.set_narrow(False)
        self.card.begin(self.form.kind)
        self.card.edited.connect(self.put)
        self.card.ranged.connect(self.hang)
        self.card.reasoned.connect(self.excuse)
        self.take(self.form)
        self.card.resize(644, 700)
        with qtbot.waitExposed(self.card):
            self.card.show()

    def put(self, key: str, text: str) -> None:
        self.take(self.office.cataloguing.put(self.form.draft.uid, key, text))

    def hang(self, paper: str, pages: str) -> None:
        self.take(self.office.cataloguing.attach(self.form.draft.uid, paper, pages))

    def excuse(self, key: str, reason: str) -> None:
        self.take(self.office.cataloguing.give_reason(self.form.draft.uid, key, reason))

    def take(self, form: Form) -> None:
        self.form = form
        self.card.show_form(form, {})

    def type(self, key: str, text: str) -> None:
        assert self.card.focus(key), key
        self.qtbot.keyClicks(self.field(key), text)

    def field(self, key: str):  # type: ignore[no-untyped-def]
        assert self.card.entry is not None
        return self.card.entry.boxes[key].field

    def note(self, key: str) -> str:
        assert self.card.entry is not None
        return self.card.entry.boxes[key].note_words()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[SmallOffice]:
    made = begin_office(tmp_path / "office")
    yield made
    made.archive.close()


@pytest.fixture
def marriage(qtbot: QtBot, look: Look, words: Words, office: SmallOffice) -> Bench:
    return Bench(qtbot, look, words, office, "marriage")


@pytest.mark.parametrize("kind", sorted(load_kinds()))
def test_every_kind_draws_its_own_form_with_a_name_at_every_field(
    qtbot: QtBot, look: Look, words: Words, office: SmallOffice, kind: str
) -> None:
    bench = Bench(qtbot, look, words, office, kind)
    assert bench.card.entry is not None
    shown = set(bench.card.entry.boxes)
    wanted = {field.key for group, field in bench.form.kind.all_fields() if not field.folded and not group.repeated}
    assert wanted <= shown
    assert all(box.field.accessibleName() for box in bench.card.entry.boxes.values())
    assert set(bench.card.papers.lines) == {paper.key for paper in bench.form.kind.papers}


def test_a_wrong_check_character_is_told_while_typing_with_the_right_one(marriage: Bench) -> None:
    marriage.type("wife.id_no", "339921199103070026")
    assert "5" in marriage.note("wife.id_no")
    assert marriage.field("wife.id_no").state() == "warn"


def test_a_reason_given_with_f8_lets_the_warning_stand(marriage: Bench, qtbot: QtBot) -> None:
    marriage.type("wife.id_no", "339921199103070026")
    marriage.card.ask_reason()
    marriage.card.press_enter()
    assert marriage.form.draft.reasons == {"wife.id_no": "原件如此"}
    assert "原件如此" in marriage.note("wife.id_no")
    assert marriage.card.key_here() == "wife.id_no"


def test_sex_and_birth_follow_from_the_number_and_give_way_to_what_the_paper_says(marriage: Bench) -> None:
    marriage.type("husband.id_no", "339921198903080032")
    assert marriage.field("husband.birth").text() == "1989-03-08"
    assert marriage.field("husband.birth").state() == "derived"
    assert "husband.birth" not in marriage.form.draft.fields
    marriage.field("husband.birth").clear()
    marriage.type("husband.birth", "1989")
    assert marriage.form.draft.fields["husband.birth"] == "1989"


def test_a_digit_chooses_and_arrows_go_round(marriage: Bench, qtbot: QtBot) -> None:
    marriage.type("wife.status_before", "2")
    assert marriage.field("wife.status_before").text() == "离婚"
    assert marriage.form.draft.fields["wife.status_before"] == "离婚"
    qtbot.keyClick(marriage.field("wife.status_before"), Qt.Key.Key_Down)
    assert marriage.form.draft.fields["wife.status_before"] == "丧偶"


def test_a_proposal_is_grey_and_not_kept_until_it_is_taken(marriage: Bench) -> None:
    marriage.card.propose({"wife.job": "教师"})
    assert marriage.field("wife.job").state() == "proposed"
    assert marriage.field("wife.job").text() == ""
    marriage.card.focus("wife.job")
    marriage.card.take(marriage.card.proposal_here())
    assert marriage.form.draft.fields["wife.job"] == "教师"
    assert marriage.field("wife.job").state() == "typed"


def test_pages_are_hung_as_spoken_and_loose_pages_are_named(marriage: Bench, qtbot: QtBot) -> None:
    marriage.card.focus("papers.review_form")
    line = marriage.card.papers.lines["review_form"]
    qtbot.keyClicks(line.range, "1-2")
    qtbot.keyClick(line.range, Qt.Key.Key_Return)
    need = next(need for need in marriage.form.papers if need.paper.key == "review_form")
    assert need.pages == 2
    assert marriage.form.loose_pages == (3, 4, 5)


def test_what_filing_asks_for_is_said_at_the_fields_and_the_cursor_stands_at_the_first(marriage: Bench) -> None:
    assert marriage.note("cert_no") == ""
    marriage.card.show_hindrances(marriage.form, [one.field for one in marriage.form.hindrances])
    assert marriage.note("cert_no") != ""
    assert marriage.card.key_here() == "cert_no"


def test_enter_leads_through_the_form_to_the_papers_and_to_filing(marriage: Bench) -> None:
    marriage.card.focus("cert_no")
    seen = []
    while marriage.card.key_here() and len(seen) < 60:
        seen.append(marriage.card.key_here())
        marriage.card.next_field()
    assert marriage.card.file_button.hasFocus()
    assert seen.index("husband.name") < seen.index("wife.name") < seen.index("papers.review_form")


def test_one_more_member_of_the_household_can_be_added(
    qtbot: QtBot, look: Look, words: Words, office: SmallOffice
) -> None:
    bench = Bench(qtbot, look, words, office, "dibao")
    bench.card.add_place(bench.form)
    bench.card.add_place(bench.form)
    assert bench.card.entry is not None
    assert {"members.0.name", "members.1.name"} <= set(bench.card.entry.boxes)
