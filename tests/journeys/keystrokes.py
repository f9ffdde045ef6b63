"""The clerk's daily acts replayed by real key events in the real window, every key counted (按键数).

What counts: each key that goes down, a modifier too; Chinese as an input method takes it, its pinyin letters and one key to choose.
A mouse is never touched: an event filter would see it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QThreadPool
from PySide6.QtWidgets import QApplication

from desktop.app import make_window
from desktop.folders import OFFICE
from desktop.folders import PRACTICE as PRACTICE_OFFICE
from desktop.services.desk import Desk
from desktop.services.opening import NewPerson, OfficeFacts, Opening
from desktop.services.practising import Practice
from sync.contract import pinyin
from sync.contract.findings import Level
from sync.vault.slots import Role
from tests.journeys.hands import Hands, Key, Modifier
from tests.journeys.practice_papers import PRACTICE, PracticePaper, practice_papers

CTRL = Modifier.ControlModifier
NAME, PASSWORD = "陈晓兰", "档案员今天也要好好收件呀"
MOUSE = frozenset(
    {QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick, QEvent.Type.Wheel, QEvent.Type.TouchBegin}
)
IN_A_VOLUME = {
    "office": "云泽县民政局婚姻登记处", "type": "初婚", "husband.status_before": "未婚", "wife.status_before": "未婚",
    "author": "云泽县民政局",
}  # fmt: skip
FIRST = {
    **IN_A_VOLUME, "cert_no": "J339921-2016-000213", "reg_date": "2016-02-27", "husband.name": "何晨",
    "husband.id_no": "339921198903080032", "husband.village": "青石镇柳湾村", "wife.name": "陈思",
    "wife.id_no": "339921199103070025", "wife.village": "青石镇石桥村",
}  # fmt: skip
SECOND = {
    **IN_A_VOLUME, "cert_no": "J339921-2016-000214", "reg_date": "2016-02-29", "husband.name": "仇志远",
    "husband.id_no": "339921198411050013", "husband.village": "青石镇石桥村", "wife.name": "单雅琴",
    "wife.id_no": "33992119870719004X", "wife.village": "青石镇柳湾村",
}  # fmt: skip
OLD = {**IN_A_VOLUME, "office": "云泽县青石公社", "author": "云泽县青石公社"}
OLD_FIRST = {
    **OLD, "cert_no": "青结字第36号", "reg_date": "1978-04-27", "husband.name": "赵国梁", "husband.birth": "1951",
    "husband.sex": "男", "husband.village": "柳湾大队", "wife.name": "马秀英", "wife.sex": "女", "wife.birth": "1953",
    "wife.village": "石桥大队",
}  # fmt: skip
OLD_SECOND = {
    **OLD, "cert_no": "青结字第37号", "reg_date": "1978-05-01", "husband.name": "孙有田", "husband.birth": "1952",
    "husband.village": "石桥大队", "wife.name": "何小妹", "wife.birth": "1955", "wife.village": "柳湾大队",
}  # fmt: skip
LETTERS = {"青石镇柳湾村": "lw", "青石镇石桥村": "sq", "柳湾大队": "lw", "石桥大队": "sq", "青石镇柳湾村三组": "lw"}


class CountingHands(Hands):
    """Hands that count their keys."""

    keys = 0

    def press(self, key: Key, modifier: Modifier = Modifier.NoModifier) -> None:
        self.keys += 1 + sum(bool(modifier & one) for one in (CTRL, Modifier.AltModifier, Modifier.ShiftModifier))
        super().press(key, modifier)

    def type(self, text: str) -> None:
        self.keys += len(text) if text.isascii() else keys_of(text)
        super().type(text)


def keys_of(chinese: str) -> int:
    """Return how many keys an input method needs for a name: its letters, and one to choose it."""
    return sum(len(syllable) for syllable in pinyin.readings(chinese)[0]) + 1


class MouseWatch(QObject):
    """Counts every event of a mouse, wheel or finger."""

    seen = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.seen += event.type() in MOUSE
        return False


@dataclass(frozen=True, slots=True)
class Replayed:
    """One act: how many keys it took, and what stands in the archive after it."""

    keys: int
    mouse: int
    said: Mapping[str, str]


class Desktop:
    """A clerk at a real window over a real archive, with a first record filed that the next may follow."""

    def __init__(self, window: Any, hands: CountingHands, mouse: MouseWatch) -> None:
        self.window, self.hands, self.mouse = window, hands, mouse

    @property
    def page(self) -> Any:
        return self.window._frame.pages[self.window._frame.here]

    def field(self) -> str:
        return self.hands.focus_name().removeprefix("field:")

    def rest(self) -> None:
        """Everything typed is saved and shown."""
        page = self.window._frame.page("catalogue")
        self.hands.wait("everything saved", lambda: not page._saver.busy())
        QThreadPool.globalInstance().waitForDone()
        self.hands.rest(0.05)

    def begin(self, kind: Key) -> None:
        """The form of that kind stands beside the paper that waits; what was pressed until then is not counted."""
        self.hands.press(Key.Key_2, CTRL)
        inbox = self.window._frame.page("inbox")
        self.hands.wait("a paper", lambda: inbox.entries.id_here())
        self.hands.press(kind)
        page = self.window._frame.page("catalogue")
        self.hands.wait("the form", lambda: page.form is not None and self.hands.focus_name().startswith("field:"))
        self.rest()
        self.hands.keys = 0

    def file(self) -> Replayed:
        """Ctrl+Enter; what was filed comes back with the keys it took."""
        self.rest()
        uid = self.window._frame.page("catalogue").form.draft.uid
        self.hands.press(Key.Key_Return, CTRL)
        keys = self.hands.keys
        page = self.window._frame.page("catalogue")
        self.hands.wait("filed", lambda: page.form is None or page.form.draft.uid != uid)
        view = self.window.desk.finding._view(uid)
        return Replayed(keys, self.mouse.seen, {one.key: one.written for one in view.fields if one.written})

    def enter(self, text: str = "") -> None:
        """Type, and end the field; a field that ends by itself needs no key for it."""
        before = self.field()
        if text:
            self.hands.type(text)
        if self.field() == before:
            self.hands.press(Key.Key_Return)
        self.hands.rest(0.02)

    def pass_to(self, key: str) -> None:
        """Enter until the cursor stands there."""
        for _ in range(8):
            if self.field() == key:
                return
            self.hands.press(Key.Key_Return)
            self.hands.rest(0.02)
        raise AssertionError(f"Enter does not lead to {key} but to {self.field()}")


@contextmanager
def desktop(
    app: QApplication, folder: Path, kind: str, first: Mapping[str, str], papers: tuple[str, str]
) -> Iterator[Desktop]:
    """A window is open over an office in which `first` was filed from the first paper, and the second paper waits."""
    opening = Opening(folder / OFFICE)
    opening.create(OfficeFacts("云泽县", "青石镇", "339921102", "J001"), [NewPerson(NAME, Role.CLERK, PASSWORD)])
    desk = opening.unlock(NAME, PASSWORD)
    desk.settle_seconds = 0.0
    _file_first(desk, kind, first, *papers)
    _lay(desk, papers[1])
    desk.close()
    with opened(app, folder) as at:
        at.hands.type(PASSWORD)
        at.hands.press(Key.Key_Return)
        at.hands.wait("the desk", lambda: at.window.desk)
        yield at


@contextmanager
def opened(app: QApplication, folder: Path) -> Iterator[Desktop]:
    """The program's window is open on its first page, and an event filter watches for a mouse."""
    mouse = MouseWatch()
    app.installEventFilter(mouse)
    window = make_window(app, folder, "light")
    hands = CountingHands(window, folder)
    try:
        window.start()
        window.activateWindow()
        hands.wait("the first page", lambda: window._prepared)
        yield Desktop(window, hands, mouse)
    finally:
        app.removeEventFilter(mouse)
        window._parting = True
        window.close()
        QThreadPool.globalInstance().waitForDone()


def _lay(desk: Desk, name: str) -> str:
    desk.scanner_folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(PRACTICE / name, desk.scanner_folder / name)
    for _ in range(3):
        desk.receiving.sweep()
    return next(item.id for item in desk.receiving.items() if item.name == name)


def _file_first(desk: Desk, kind: str, fields: Mapping[str, str], name: str, following: str) -> None:
    """The record before is filed from that scan, whose pages lie in the order of the one that follows."""
    form = desk.cataloguing.start(kind, _lay(desk, name))
    paper = practice(following)
    for key, text in fields.items():
        form = desk.cataloguing.put(form.draft.uid, key, text)
    for key, ranges in paper.papers.items():
        form = desk.cataloguing.attach(form.draft.uid, key, ranges)
    for finding in form.hindrances:
        if finding.level is Level.WARNING:
            desk.cataloguing.give_reason(form.draft.uid, finding.field, "原件如此")
    desk.filing.file(form.draft.uid)


def practice(name: str) -> PracticePaper:
    """Return the practice paper of that file."""
    return next(one for one in practice_papers() if one.file.name == name)


def marriage_with_numbers(app: QApplication, folder: Path) -> Replayed:
    """The second marriage of a volume, identity numbers known."""
    with desktop(app, folder, "marriage", FIRST, ("marriage-2003.pdf", "marriage-2016.pdf")) as at:
        at.begin(Key.Key_1)
        at.hands.press(Key.Key_F3)
        at.enter("2.29")
        for side in ("husband", "wife"):
            at.pass_to(f"{side}.name")
            at.enter(SECOND[f"{side}.name"])
            at.enter(SECOND[f"{side}.id_no"][6:])
            at.enter(LETTERS[SECOND[f"{side}.village"]])
            at.enter("1")
        return at.file()


def marriage_without_numbers(app: QApplication, folder: Path) -> Replayed:
    """The second marriage of a volume of 1978, when there were no identity numbers."""
    with desktop(app, folder, "marriage", OLD_FIRST, ("document-2024.pdf", "marriage-1978.pdf")) as at:
        at.begin(Key.Key_1)
        at.hands.press(Key.Key_F3)
        at.enter("5.1")
        for side in ("husband", "wife"):
            at.pass_to(f"{side}.name")
            at.enter(OLD_SECOND[f"{side}.name"])
            at.pass_to(f"{side}.birth")
            at.enter(OLD_SECOND[f"{side}.birth"])
            at.enter(LETTERS[OLD_SECOND[f"{side}.village"]])
            at.enter("1")
        return at.file()


def household(app: QApplication, folder: Path) -> Replayed:
    """A dibao household with two members, every figure and the account typed from the paper."""
    name = "dibao-2019.pdf"
    said = practice(name).fields
    first = {
        **practice("dibao-2022.pdf").fields, "case_no": "青低保〔2019〕017号", "begin": "2019年3月1日", "line": "780",
        "notice_from": "2019年2月1日", "notice_to": "2019年2月8日", "head.village": said["head.village"],
    }  # fmt: skip
    with desktop(app, folder, "dibao", first, ("dibao-2022.pdf", name)) as at:
        at.begin(Key.Key_3)
        at.hands.press(Key.Key_F3)
        at.pass_to("begin")
        at.enter("4.1")
        at.enter("2")
        at.enter(said["head.name"])
        at.enter(said["head.id_no"][6:])
        at.enter(LETTERS[said["head.village"]])
        for member, relation, labour in ((0, "2", "3"), (1, "10", "4")):
            at.pass_to(f"members.{member}.name")
            at.enter(said[f"members.{member}.name"])
            at.enter(said[f"members.{member}.id_no"][6:])
            at.enter(relation)
            at.enter(labour)
        for key in ("income_business", "income_transfer"):
            at.pass_to(key)
            at.enter(said[key])
        at.rest()
        at.hands.press(Key.Key_F2)
        at.pass_to("amount")
        at.rest()
        at.hands.press(Key.Key_F2)
        at.pass_to("account")
        at.enter(said["account"][-4:])
        at.pass_to("notice_from")
        at.enter("3.10")
        at.rest()
        at.hands.press(Key.Key_F2)
        return at.file()


def find_and_open(app: QApplication, folder: Path) -> Replayed:
    """A record found by initials and year, and opened."""
    with desktop(app, folder, "marriage", SECOND, ("marriage-2003.pdf", "marriage-2016.pdf")) as at:
        frame = at.window._frame
        at.hands.wait("the first page of the desk", lambda: frame.here == "today")
        at.hands.keys = 0
        at.hands.press(Key.Key_K, CTRL)
        at.hands.type("qzy16")
        at.hands.press(Key.Key_Return)
        search = frame.page("search")
        at.hands.wait("the record, opened", lambda: search._wide and search.panel.title.text())
        return Replayed(at.hands.keys, at.mouse.seen, {"title": search.panel.title.text()})


def returned_and_sent_again(app: QApplication, folder: Path) -> Replayed:
    """What the county returned is opened at its field, corrected and sent; the keys of the correction itself are not counted."""
    office = Practice(folder / PRACTICE_OFFICE)
    with closing(office.open(Role.CLERK)) as desk:
        desk.settle_seconds = 0.0
        _file_first(desk, "marriage", SECOND, "marriage-2003.pdf", "marriage-2016.pdf")
        desk.syncing.seal_batch()
        desk.syncing.sync(lambda _: None, lambda: False)
    with closing(office.open(Role.REVIEWER)) as desk:
        (batch,) = desk.reviewing.batches()
        (one,) = desk.reviewing.batch(batch.batch_id).records
        desk.reviewing.send_back(one.record, "wife.village", "differs", "与原件不符")
    with closing(office.open(Role.CLERK)) as desk:
        desk.syncing.sync(lambda _: None, lambda: False)
    with opened(app, folder) as at:
        at.hands.press(Key.Key_F7)
        at.hands.wait("the practice office", lambda: at.window.desk)
        frame = at.window._frame
        at.hands.wait("what was returned", lambda: frame.here == "today" and frame.page("today").list.lines)
        at.hands.keys = 0
        at.hands.press(Key.Key_1)
        at.hands.wait("its field", lambda: at.field() == "wife.village")
        keys = at.hands.keys
        at.hands.replace("青石镇上河村")
        at.rest()
        at.hands.keys = keys
        at.hands.press(Key.Key_Return, CTRL)
        at.hands.wait("the day again", lambda: frame.here == "today")
        at.hands.press(Key.Key_S)
        sync = frame.page("sync")
        at.hands.wait(
            "the line", lambda: frame.here == "sync" and sync._view is not None and sync.go_button.isEnabled()
        )
        at.hands.press(Key.Key_Return)
        keys = at.hands.keys
        at.hands.wait("the exchange", lambda: sync._task is not None)
        at.hands.wait("sent again", lambda: sync._task is None and not at.window.desk.counts().to_send)
        view = at.window.desk.finding._view(str(one.record))
        return Replayed(keys, at.mouse.seen, {field.key: field.written for field in view.fields if field.written})
