"""见证与争议: whom a restored county waits for, decisions that stand against each other, audit logs in doubt; each settled by keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.services.county_matters import AwaitedTownship, Matters
from desktop.services.disputes import Dispute
from desktop.ui.pages.page import Keys, Page
from desktop.ui.pages.witness_dispute import DisputePanel
from desktop.ui.pages.witness_ruling import Fact, RulingPanel
from desktop.ui.theme import Look
from desktop.ui.widgets.boxes import card, row, tall
from desktop.ui.widgets.entries import Entries, Entry
from desktop.ui.widgets.keys import Button
from desktop.ui.widgets.notice import EmptyState
from desktop.ui.widgets.text import Elided, Text
from desktop.ui.words import Words
from sync.contract.errors import HeadMoved, InvalidRecord
from sync.contract.merging import Side
from sync.contract.rulings import DoubtfulLog

if TYPE_CHECKING:
    from desktop.services.desk import Desk

LIST_PX, NARROW_LIST_PX = 232, 184
LAST_OF_DEVICE = 8
AWAITED, DISPUTE, LOG = "awaited", "dispute", "log"


class WitnessPage(Page):
    """One matter at a time. Nothing is sent before Enter, and then it is signed by this person."""

    KEYS: ClassVar[Keys] = (
        ("W", "witness.key_waive"),
        ("1", "witness.key_first"),
        ("2", "witness.key_second"),
        ("3", "witness.key_other"),
        ("Enter", "witness.key_settle"),
        ("Z", "witness.key_undo"),
        ("N", "witness.key_begin"),
        ("J K", "witness.key_step"),
    )
    NARROW_KEYS: ClassVar[Keys] = (KEYS[0], *KEYS[1:5], KEYS[6])

    def __init__(self, look: Look, words: Words, desk: Desk) -> None:
        super().__init__(look, words, "witness")
        self._service, self._disputes, self._line = desk.county_matters, desk.disputes, desk.county_line
        self._matters: Matters | None = None
        self._busy = False
        self._telling: tuple[str, dict[str, object]] = ("", {})  # what is said when it is done
        self.listing = Entries(look, words("witness.list"))
        self.listing.setObjectName("matters")
        self._note = Elided(look, "", "small", "ink_3")
        self.waiving = RulingPanel(look, words, "waive", "W")
        self.beginning = RulingPanel(look, words, "begin", "N")
        self.dispute = DisputePanel(look, words)
        self.join_button = Button(look, words("board.join"), "Enter", "main")
        self.join_button.clicked.connect(partial(self.went.emit, "review", None))  # where the form is
        self.alone = EmptyState(look, "offline", words("board.alone"), words("board.alone_words"), self.join_button)
        self.empty = EmptyState(look, "balance", words("witness.none"), words("witness.none_words"))
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self._panels: dict[str, QWidget] = {AWAITED: self.waiving, DISPUTE: self.dispute, LOG: self.beginning}
        self._list_card = card((self.listing, 1))
        self._body = row(tall(self._list_card), *((panel, 1) for panel in self._panels.values()), gap=12)
        self._lay = QVBoxLayout(self)
        title = Text(self.look, self.words("nav.witness"), "title")
        self._lay.addWidget(row(title, (self._note, 1), gap=12, height=32))
        for part in (self._body, self.alone, self.empty):
            self._lay.addWidget(part, 1)
        self._show(None)

    def _connect(self) -> None:
        self.listing.chosen.connect(self._choose)
        self.listing.opened.connect(lambda _id: self.enter())
        self.waiving.ruled.connect(self._waive)
        self.beginning.ruled.connect(self._begin_log)
        self.dispute.settled.connect(self._settle)
        self.dispute.refused.connect(partial(self.tell, tone="warn"))
        for keys, act in (
            ("1", partial(self.dispute.take, Side.COUNTY)), ("2", partial(self.dispute.take, Side.TOWNSHIP)),
            ("3", self.dispute.write_other), ("Z", self.dispute.take_back), ("Ctrl+Z", self.dispute.take_back),
            ("W", self.waiving.begin), ("N", self.beginning.begin), ("J", partial(self._step, 1)),
            ("K", partial(self._step, -1)), ("F5", self.look_again), ("Return", self.enter), ("Enter", self.enter),
        ):  # fmt: skip
            self.bind(keys, act)

    def set_narrow(self, narrow: bool) -> None:
        super().set_narrow(narrow)
        self._lay.setContentsMargins(*((12, 4, 12, 8) if narrow else (16, 12, 16, 16)))
        self._lay.setSpacing(4 if narrow else 12)
        self._list_card.setFixedWidth(NARROW_LIST_PX if narrow else LIST_PX)
        self.dispute.set_narrow(narrow)

    def visit(self, wanted: object = None) -> None:
        self.ask(self._line.enrolled, self._take_enrolled)

    def escape(self) -> bool:
        if self.waiving.put_down() or self.beginning.put_down() or self.dispute.put_down():
            self._focus()
            return True
        return False

    def enter(self) -> None:
        """What is typed is handed on; else the dispute in hand is settled, or the reason is begun."""
        if not self.alone.isHidden():
            self.join_button.click()
            return
        sort, _ = self._here()
        enter = {AWAITED: self.waiving.enter, DISPUTE: self.dispute.enter, LOG: self.beginning.enter}
        enter.get(sort, self.look_again)()

    def look_again(self) -> None:
        """Ask the county how all that stands now."""
        self.ask(self._service.read, self._take)

    def _take_enrolled(self, enrolled: bool) -> None:
        if enrolled:
            self.look_again()
        else:
            self._show(self.alone)
            self.join_button.setFocus()

    def _take(self, found: Matters) -> None:
        self._matters, words = found, self.words
        entries: list[Entry] = []
        if found.awaited:
            entries.append(Entry(words("witness.awaited"), words("witness.count", count=len(found.awaited))))
        for town in found.awaited:
            note = words("witness.desks", count=len(town.desks))
            entries.append(Entry(town.name or str(town.township), note, "warn", "clock", f"{AWAITED}:{town.township}"))
        if found.disputes.total:
            entries.append(Entry(words("witness.disputes"), words("witness.count", count=found.disputes.total)))
        for one in found.disputes.disputes:
            entries.append(
                Entry(one.title or one.number, one.township_name, "danger", "conflict", f"{DISPUTE}:{one.record}")
            )
        if found.logs.logs:
            entries.append(Entry(words("witness.logs"), words("witness.count", count=len(found.logs.logs))))
        for log in found.logs.logs:
            note = words(f"witness.flaw_{log.flaw.value}")
            entries.append(Entry(log.township_name or str(log.township), note, "danger", "eye", f"{LOG}:{log.device}"))
        self._show(self._body if entries else self.empty)
        self._note.setText(words("witness.what") if entries else "")
        here = self.listing.id_here()
        self.listing.show_entries(entries)
        if entries and self.listing.id_here() == here:
            self._choose(here)  # the same one, perhaps in another state
        elif not entries:
            self.setFocus()

    def _show(self, what: QWidget | None) -> None:
        for part in sorted((self._body, self.alone, self.empty), key=lambda one: one is what):  # what goes, goes first
            part.setVisible(part is what)

    def _here(self) -> tuple[str, str]:
        sort, _, name = self.listing.id_here().partition(":")
        return sort, name

    def _choose(self, _id: str) -> None:
        sort, name = self._here()
        found = self._matters
        if found is None or not sort:
            return
        for panel in sorted(self._panels, key=lambda one: one == sort):
            self._panels[panel].setVisible(panel == sort)
        if sort == DISPUTE:
            self.ask(partial(self._disputes.record, name), self._take_dispute, self._gone)
            return
        if sort == AWAITED:
            self._show_awaited(found, next(one for one in found.awaited if one.township == name))
        else:
            self._show_log(found, next(one for one in found.logs.logs if one.device == name))
        self._focus()

    def _focus(self) -> None:
        sort, _ = self._here()
        if sort == DISPUTE:
            self.dispute.focus()
        else:
            self.listing.setFocus()

    def _show_awaited(self, found: Matters, town: AwaitedTownship) -> None:
        words = self.words
        facts: list[Fact] = [(_short(desk.device), _day(words, desk.last_contact)) for desk in town.desks]
        note = words("witness.desks", count=len(town.desks))
        self.waiving.show_matter(town.name, note, words("witness.waive_told"), facts, allowed=found.rules)

    def _show_log(self, found: Matters, log: DoubtfulLog) -> None:
        words = self.words
        facts: list[Fact] = [
            (words("witness.log_desk"), _short(log.device)), (words("witness.log_seen"), f"{log.seen:,}"),
            (words("witness.log_seen_at"), log.seen_at[:10]), (words("witness.log_said"), f"{log.said:,}"),
            (words("witness.log_found_at"), log.found_at[:10]),
        ]  # fmt: skip
        told = words(f"witness.told_{log.flaw.value}")
        self.beginning.show_matter(
            log.township_name, words(f"witness.flaw_{log.flaw.value}"), told, facts, allowed=found.rules
        )

    def _take_dispute(self, dispute: Dispute) -> None:
        sort, name = self._here()
        if (sort, name) != (DISPUTE, str(dispute.record)) or self._matters is None:
            return  # another one was chosen meanwhile
        towns = {one.township: one.township_name for one in self._matters.disputes.disputes}
        self.dispute.show_dispute(dispute, towns.get(dispute.township, ""))
        self._focus()

    def _gone(self, fault: Exception) -> None:
        """Somebody else settled it meanwhile: that is told, and the list read again."""
        self._busy = False
        self.tell_fault(fault)
        if isinstance(fault, HeadMoved):
            self.look_again()

    # what is sent

    def _waive(self, why: str) -> None:
        found, (_, name) = self._matters, self._here()
        if found is not None:
            town = next(one for one in found.awaited if one.township == name)
            self._send(partial(self._service.waive, found, town, why), "witness.waived", township=town.name)

    def _begin_log(self, why: str) -> None:
        found, (_, name) = self._matters, self._here()
        if found is not None:
            log = next(one for one in found.logs.logs if one.device == name)
            begun = partial(self._service.begin_log_again, found, log, why)
            self._send(begun, "witness.begun", township=log.township_name)

    def _settle(self, dispute: Dispute, chosen: object) -> None:
        assert isinstance(chosen, dict)
        self._send(partial(self._disputes.settle, dispute, chosen), "witness.settled", title=dispute.title)

    def _send(self, work: partial[None], told: str, **facts: object) -> None:
        if not self._busy:
            self._busy, self._telling = True, (told, facts)
            self.ask(work, self._sent, self._refused)

    def _sent(self, _done: None) -> None:
        self._busy = False
        told, facts = self._telling
        self.listing.setFocus()  # before the field that has it goes
        self.waiving.put_down()
        self.beginning.put_down()
        self.dispute.forget()
        self.quieted.emit()
        self.tell(told, **facts)  # type: ignore[arg-type]  # facts of the sentence, never its tone
        self.look_again()

    def _refused(self, fault: Exception) -> None:
        told = fault.facts.get("fields", []) if isinstance(fault, InvalidRecord) else []
        if isinstance(told, list) and told:
            self._busy = False
            self.tell("witness.invalid", "warn", fields=self.dispute.say_fields([str(one) for one in told]))
        else:
            self._gone(fault)

    def matters(self) -> list[str]:
        """Return the ids of what is listed, in its order."""
        found = self._matters
        if found is None:
            return []
        ids = [f"{AWAITED}:{one.township}" for one in found.awaited]
        ids += [f"{DISPUTE}:{one.record}" for one in found.disputes.disputes]
        return ids + [f"{LOG}:{one.device}" for one in found.logs.logs]

    def _step(self, step: int) -> None:
        ids = self.matters()
        if self.listing.id_here() in ids:
            self.listing.choose(ids[(ids.index(self.listing.id_here()) + step) % len(ids)])


def _short(device: str) -> str:
    return "…" + device[-LAST_OF_DEVICE:]


def _day(words: Words, at: str) -> str:
    return words("witness.last", day=at[:10]) if at else words("witness.never")
