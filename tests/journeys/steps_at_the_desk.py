"""What the clerk and the auditor do at their own desk: begin, receive, catalogue, find, export."""

from __future__ import annotations

import hashlib
import shutil
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from desktop.archive.inbox import ItemState
from desktop.services.finding import Asked
from desktop.ui.kind_keys import key_of
from sync.contract.findings import Level
from sync.vault.copy_check import verify_copy
from sync.vault.slots import Role
from tests.journeys.hands import Key, Modifier
from tests.journeys.headless_job import OFFICE, PEOPLE
from tests.journeys.practice_papers import PracticePaper, lay_bad_files

if TYPE_CHECKING:
    from tests.journeys.main_job import Journey

WRONG_PASSWORD = "这不是口令这不是口令"
ROLES = (Role.CLERK, Role.REVIEWER, Role.AUDITOR)
MOST_PRESSES = 120


def begin_archive(journey: Journey) -> dict[str, Any]:
    """An archive with three people, the recovery sheet kept; a wrong password refused, the right one opens."""
    hands = journey.hands
    hands.picture("01-first-start")
    hands.press(Key.Key_Return)
    hands.field("begin:county")
    typed = [OFFICE.county, OFFICE.township, OFFICE.township_code, OFFICE.fonds]
    for role in ROLES:
        typed += [PEOPLE[role].name, PEOPLE[role].password, PEOPLE[role].password]
    for text in typed:
        hands.type(text)
        hands.press(Key.Key_Return)
    hands.picture("02-create")
    hands.press(Key.Key_Return, Modifier.ControlModifier)
    sheet = hands.field("sheet:typed")
    hands.picture("03-recovery-sheet")
    code = journey.window._stack.currentWidget().sheet.sheet.code
    hands.type("".join(sign for sign in code if sign.isalnum())[-4:])
    assert sheet.isVisible()
    hands.press(Key.Key_Return)
    hands.wait("the desk", lambda: journey.desk)
    hands.picture("04-desk")
    lock(journey)
    hands.type(WRONG_PASSWORD)
    hands.press(Key.Key_Return)
    page = journey.window.unlock_page
    refusal = hands.wait(
        "the refusal", lambda: page.note_words() if "口令" in page.note_words() and page.open_button.isEnabled() else ""
    )
    hands.picture("05-wrong-password")
    unlock(journey, Role.CLERK)
    return {
        "people": len(journey.window.desk._archive.folder.joinpath("keys.json").read_bytes()) > 0 and 3,
        "refusal": refusal,
    }


def lock(journey: Journey) -> None:
    """The archive is locked and the first page asks for a password."""
    journey.hands.press(Key.Key_L, Modifier.ControlModifier)
    journey.hands.wait("the lock", lambda: journey.desk is None and journey.hands.find("password"))
    journey.hands.wait("the people", lambda: journey.window.unlock_page.people)


def unlock(journey: Journey, role: Role) -> None:
    """The person of this role has opened the archive."""
    hands, page = journey.hands, journey.window.unlock_page
    names = [one.name for one in page.people]
    for _ in range(names.index(PEOPLE[role].name) - page.chosen):
        hands.press(Key.Key_Down)
    hands.replace(PEOPLE[role].password)
    hands.press(Key.Key_Return)
    hands.wait(f"the desk of {role.value}", lambda: journey.desk)
    hands.rest(0.2)


def receive(journey: Journey) -> dict[str, Any]:
    """Scans and bad files drop into the watched folder; each is kept or set aside with a sentence, none is lost."""
    hands, folder = journey.hands, journey.desk.scanner_folder
    hands.press(Key.Key_2, Modifier.ControlModifier)
    hands.wait("the inbox", lambda: journey.frame.here == "inbox")
    hands.picture("06-inbox-empty")
    folder.mkdir(exist_ok=True)
    slow = lay_bad_files(folder, journey.papers[0].file)
    for paper in journey.papers:
        shutil.copyfile(paper.file, folder / (paper.file.name + ".part"))
        (folder / (paper.file.name + ".part")).rename(folder / paper.file.name)
    seen = len(journey.papers) + 4
    hands.wait("the scans", lambda: slow.write_on() and len(journey.items()) >= seen - 1, 300)
    assert not any(item.name == slow.place.name for item in journey.items())
    slow.finish()
    hands.wait("the file that was still being written", lambda: len(journey.items()) >= seen, 120)
    kept = {item.sha256 for item in journey.taken()}
    journey.papers = [
        paper for paper in journey.papers if file_hash(paper) in kept
    ]  # of any folder: those that are documents
    read = _read_pages(journey)
    hands.picture("07-inbox")
    items = journey.items()
    states = {state.value: sum(item.state is state for item in items) for state in ItemState}
    hands.wait("an empty folder", lambda: not any(path.is_file() for path in folder.iterdir()), 60)
    moved = len(list((folder / "已收").iterdir())) + len(list((folder / "另放").iterdir()))
    assert moved == seen == len(items), f"{seen} files came, {moved} moved, {[(one.name, one.reason) for one in items]}"
    return {
        "files_seen": seen,
        "taken": states["taken"],
        "doubled": states["doubled"],
        "set_aside": states["aside"],
        "reasons": sorted(item.reason for item in items if item.reason),
        "first_pages_read": read,
    }


def file_hash(paper: PracticePaper) -> str:
    return hashlib.sha256(paper.file.read_bytes()).hexdigest()


def _read_pages(journey: Journey) -> int:
    """Wait until the pages that matter are read in the background, if recognition is installed and wanted."""
    viewing = journey.desk.viewing
    if not (journey.recognise and viewing.can_recognise()):
        return 0
    # a slow machine reads a page in ten seconds; nobody sits and waits for it, so the journey waits for the clerk
    journey.hands.wait("text of all first pages", lambda: all(page > 1 for _, page in viewing.unread(1)), 900)
    return sum(bool(viewing.text(item.sha256, 1)) for item in journey.taken())


def catalogue(journey: Journey) -> dict[str, Any]:
    """Every paper is typed into its form beside its page, judged while typing, its pages hung on its papers, and filed."""
    facts = {"records": 0, "fields_typed": 0, "proposals": 0, "proposals_taken": 0, "warnings_with_reason": 0}
    by_hash = {file_hash(paper): paper for paper in journey.papers}
    pictured: set[str] = set()
    began = time.monotonic()
    for item in [item for item in journey.taken() if item.sha256 in by_hash]:
        paper = by_hash[item.sha256]
        _open_item(journey, item.id, paper.kind)
        done = _type_record(journey, paper, paper.kind not in pictured)
        pictured.add(paper.kind)
        for name, count in done.items():
            facts[name] += count
        facts["records"] += 1
    extra = [item for item in journey.taken() if item.sha256 not in by_hash]
    journey.notes["left_in_inbox"] = len(extra)
    return {
        **facts,
        "kinds": sorted(pictured),
        "seconds_a_record": round((time.monotonic() - began) / max(1, facts["records"]), 1),
    }


def _open_item(journey: Journey, item_id: str, kind: str) -> None:
    """The form of this kind stands beside this file."""
    hands = journey.hands
    page = journey.page()
    form = getattr(page, "form", None)
    if form is not None and form.draft.item_id == item_id and form.draft.kind == kind:
        return  # filing opened it already
    hands.press(Key.Key_2, Modifier.ControlModifier)
    hands.wait("the inbox", lambda: journey.frame.here == "inbox")
    page = journey.page()
    hands.wait("the item", lambda: item_id in page._items)
    page.entries.setFocus()
    hands.wait("the list", lambda: hands.focus() is page.entries)
    hands.wait("the item chosen", lambda: _walk_to(journey, item_id))
    hands.press(Key[f"Key_{key_of(journey.desk.kinds[kind])}"])
    hands.wait("the form", lambda: journey.frame.here == "catalogue" and _form_of(journey, item_id, kind))


def _walk_to(journey: Journey, item_id: str) -> bool:
    """Go up and down the list until the file is chosen; the list may be drawn anew on the way, then walk again."""
    hands, page = journey.hands, journey.page()
    for key in [Key.Key_Up] * len(page._items) + [Key.Key_Down] * len(page._items):
        if page.entries.id_here() == item_id:
            return True
        hands.press(key)
    return bool(page.entries.id_here() == item_id)


def _form_of(journey: Journey, item_id: str, kind: str) -> bool:
    form = getattr(journey.page(), "form", None)
    return bool(form and form.draft.item_id == item_id and form.draft.kind == kind and journey.page().card.entry)


def _type_record(journey: Journey, paper: PracticePaper, picture: bool) -> dict[str, int]:
    hands, page = journey.hands, journey.page()
    proposals = dict(page._proposals)
    places = {key.split(".")[1] for key in paper.fields if key.startswith("members.")}
    for _ in places:
        hands.press(Key.Key_A, Modifier.AltModifier)
    if picture and proposals:
        hands.picture(f"08-read-{paper.kind}")
    taken = _type_fields(journey, paper, proposals)
    if any(key not in page.card.entry.boxes for key in paper.fields):  # seldom needed fields come with Alt+M
        hands.press(Key.Key_M, Modifier.AltModifier)
        taken += _type_fields(journey, paper, proposals)
    wrong = [key for key, text in paper.fields.items() if page.form.draft.fields.get(key) != text]
    assert not wrong, f"{paper.file.name}: {wrong}"
    _hang_pages(journey, paper)
    hands.wait("everything saved", lambda: not page._saver.busy())
    if picture:
        page.card.focus(next(iter(paper.fields)))
        hands.picture(f"08-catalogue-{paper.kind}")
    reasons = _give_reasons(journey, paper)
    if picture and reasons:
        hands.picture(f"09-reasons-{paper.kind}")
    uid, proposals = page.form.draft.uid, dict(page._proposals)
    hands.press(Key.Key_Return, Modifier.ControlModifier)
    hands.wait(f"{paper.file.name} filed", lambda: page.form is None or page.form.draft.uid != uid)
    hands.wait("the next form", lambda: page.form is not None or page.empty.isVisible())
    hands.rest(0.1)
    return {
        "fields_typed": len(paper.fields) - taken,
        "proposals": len(proposals),
        "proposals_taken": taken,
        "warnings_with_reason": reasons,
    }


def _type_fields(journey: Journey, paper: PracticePaper, proposals: dict[str, Any]) -> int:
    """Go through the form with Enter, taking with F2 what was read right and typing the rest; return how many were taken."""
    hands, page = journey.hands, journey.page()
    hands.rest(0.05)  # a place that was just added is still being drawn
    hands.wait("the first field", lambda: page.card.focus(next(iter(page.card.entry.boxes))) and _in_a_field(journey))
    taken = 0
    for _ in range(MOST_PRESSES):
        if not _in_a_field(journey):
            break
        key = hands.focus_name().removeprefix("field:")
        wanted, field = paper.fields.get(key), hands.focus()
        if wanted is not None and field.text() != wanted:  # type: ignore[attr-defined]
            read = proposals.get(key)
            choices = page.card.entry.boxes[key].field
            if read is not None and read.value == wanted:
                hands.press(Key.Key_F2)  # takes it and goes on to the next field
                taken += 1
                hands.rest(0.01)
                continue
            if getattr(choices, "choices", ()):
                hands.replace(str(choices.choices.index(wanted) + 1))
            else:
                hands.replace(wanted)
        if hands.focus() is field:  # a number that is whole and a choice that is made go on by themselves
            hands.press(Key.Key_Tab)  # Enter would pass by what is carried over
        hands.rest(0.01)
    hands.wait("the fields saved", lambda: not page._saver.busy())
    return taken


def _in_a_field(journey: Journey) -> bool:
    return journey.hands.focus_name().startswith("field:")


def _hang_pages(journey: Journey, paper: PracticePaper) -> None:
    hands, page = journey.hands, journey.page()
    for key, ranges in paper.papers.items():
        hands.wait(f"paper {key}", lambda key=key: page.card.focus(f"papers.{key}"))  # type: ignore[misc]
        hands.replace(ranges)
        hands.press(Key.Key_Return)


def _give_reasons(journey: Journey, paper: PracticePaper) -> int:
    """F8 at every field that is warned about: the paper's own reason, else the usual one."""
    hands, page = journey.hands, journey.page()
    for given in range(MOST_PRESSES):
        hands.wait("everything saved", lambda: not page._saver.busy())
        hands.rest(0.05)
        open_ones = [one for one in page.form.hindrances if one.level is Level.WARNING]
        if not open_ones:
            return given
        key = open_ones[0].field
        if not page.card.focus(key):
            hands.press(Key.Key_M, Modifier.AltModifier)
            assert page.card.focus(key), key
        hands.press(Key.Key_F8)
        hands.type(paper.reasons.get(key, "原件如此"))
        hands.press(Key.Key_Return)
        hands.wait("the reason", lambda key=key: key in page.form.draft.reasons)  # type: ignore[misc]
    raise AssertionError("warnings without end")


def check_filed(journey: Journey) -> dict[str, Any]:
    """Every paper is a numbered record whose pages hang on its papers."""
    finding = journey.desk.finding
    hits = finding.find(Asked(""))
    rows = finding.rows(hits, 0, hits.total)
    numbers = sorted(row.record.number for row in rows)
    assert len(set(numbers)) == len(journey.papers)
    ranges = sum(len(finding.record(row.record.uid).papers) for row in rows)
    assert not journey.desk.cataloguing.drafts() or journey.notes["left_in_inbox"]
    return {"filed": len(numbers), "numbers": numbers, "papers_with_pages": ranges}


def find(journey: Journey) -> dict[str, Any]:
    """The search box answers a name, one character, initials, four digits, an archive number, a phrase, Traditional writing."""
    hands = journey.hands
    found: dict[str, int] = {}
    for kind, question in _questions(journey).items():
        hands.press(Key.Key_K, Modifier.ControlModifier)
        hands.replace(question)
        hands.press(Key.Key_Return)
        found[kind] = hands.wait(f"an answer to {kind}", partial(_answer, journey, question)).total
        hands.rest(0.3)
        if kind in ("name", "initials", "phrase"):
            hands.picture(f"10-find-{kind}")
    assert all(found.values()), found
    hands.press(Key.Key_K, Modifier.ControlModifier)
    hands.replace("没有这个人")
    hands.press(Key.Key_Return)
    hands.wait("no answer", partial(_answer, journey, "没有这个人"))
    hands.picture("10-find-nothing")
    return found


def _answer(journey: Journey, question: str) -> Any:
    """The answer the search page shows, if it is to this question."""
    hits = journey.frame.page("search")._hits
    return hits if hits is not None and hits.question == question else None


def _questions(journey: Journey) -> dict[str, str]:
    """What is asked, taken from what was filed."""
    finding = journey.desk.finding
    rows = finding.rows(finding.find(Asked("")), 0, 50)
    if journey.papers[0].kind == "document" and not any(paper.kind != "document" for paper in journey.papers):
        return {"phrase": journey.papers[0].fields["subject"], "number": rows[0].record.number}
    names = {paper.fields["husband.name"]: paper for paper in journey.papers if paper.kind == "marriage"}
    simple = next(name for name in names if len(name) == 3)
    number = next(p.fields["husband.id_no"] for p in names.values() if len(p.fields.get("husband.id_no", "")) == 18)
    questions = {
        "name": simple,
        "surname": simple[0],
        "initials": "qzy",  # 仇志远, whose surname the dictionary would read chou
        "last_four": number[-4:],
        "number": rows[0].record.number,
        "traditional": "劉鳳英",
        "simplified": "刘凤英",
    }
    if journey.recognise and journey.desk.viewing.can_recognise():
        questions["phrase"] = "审查处理表"
    return questions


def export_and_verify(journey: Journey) -> dict[str, Any]:
    """The auditor makes a key for the reader, seals a copy to it, and proves it from the file alone."""
    hands = journey.hands
    lock(journey)
    unlock(journey, Role.AUDITOR)
    hands.press(Key.Key_8, Modifier.ControlModifier)
    hands.wait("the export page", lambda: journey.frame.here == "export")
    page = journey.page()
    target = journey.out / "sealed-copy"
    target.mkdir(exist_ok=True)
    for old in target.iterdir():
        old.unlink()
    hands.wait("the folder field", lambda: hands.focus() is page.folder)
    hands.replace(str(target))
    hands.press(Key.Key_F2)
    hands.wait("the recipient", lambda: page.recipient.text())
    hands.press(Key.Key_Return, Modifier.ControlModifier)
    hands.wait("the copy", lambda: page.copy.text() and page._task is None, 120)
    hands.picture("15-export")
    hands.press(Key.Key_F5)
    hands.wait("the verdict", lambda: page.verify_button.isEnabled(), 120)
    hands.picture("16-verified")
    assert page.verdict_icon.name == "ok", page.verdict.accessibleName()
    copy = next(target.glob("*.tar.age"))
    key_file, signer = journey.out / "reader.key", journey.out / "signer.pub"
    shutil.copyfile(page.key_file.text(), key_file)
    signer.write_text(journey.desk.exporting.signature_key(), encoding="ascii")
    verdict = verify_copy(
        copy, public_key=signer.read_text(encoding="ascii"), identity=key_file.read_text(encoding="ascii")
    )
    assert verdict.ok
    return {"copy": copy.name, "bytes": copy.stat().st_size, "files": verdict.files, "findings": len(verdict.findings)}
