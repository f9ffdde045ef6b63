"""What goes over the line: enrolment, a batch cut on its way, the reviewer's decisions, corrections, agreement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from desktop.services.county_process import CountyProcess
from sync.contract.histories import OPEN_STANDINGS
from sync.contract.revisions import RecordState
from sync.vault.slots import Role
from tests.journeys.hands import Key, Modifier
from tests.journeys.headless_job import OFFICE
from tests.journeys.steps_at_the_desk import lock, unlock

if TYPE_CHECKING:
    from tests.journeys.main_job import Journey

CUT_AFTER_BYTES = 4_000  # in the middle of the rows: the handshake takes about half of it
RETURNS = 2


def start_and_enrol(journey: Journey) -> dict[str, Any]:
    """The county answers, and knows this desk by a one-time code."""
    hands = journey.hands
    hands.press(Key.Key_7, Modifier.ControlModifier)
    hands.wait("the sync page", lambda: journey.frame.here == "sync")
    words = ("--role", "desk", "--township", OFFICE.township_code, "--township-name", OFFICE.township)
    _join(journey, CountyProcess.enrol_code(journey.data / "county", *words))
    hands.wait("enrolled", lambda: journey.desk.syncing.enrolled())
    hands.rest(0.5)
    hands.picture("06-enrolled")
    status = journey.desk.syncing.status()
    return {"county": status.county, "enrolled": status.enrolled}


def _join(journey: Journey, code: str) -> None:
    hands = journey.hands
    hands.field("enrol:address").setFocus()
    hands.replace(journey.line.address)
    hands.press(Key.Key_Return)
    hands.wait("the code's field", lambda: hands.focus_name() == "enrol:code")
    hands.replace(code)
    hands.press(Key.Key_Return)


def sync_with_a_cut(journey: Journey) -> dict[str, Any]:
    """A batch is sealed and sent; the line is cut on its way, and the next go ends what the first began."""
    hands, line = journey.hands, journey.line
    hands.press(Key.Key_7, Modifier.ControlModifier)
    hands.wait("the sync page", lambda: journey.frame.here == "sync")
    page = journey.page()
    hands.rest(0.5)
    line.cut_after_bytes[:] = [CUT_AFTER_BYTES]
    cuts = line.cuts
    hands.press(Key.Key_Return)
    hands.wait("the cut", lambda: line.cuts > cuts and page._task is None, 120)
    hands.rest(0.5)
    hands.picture("11-sync-cut")
    cut_status = journey.desk.syncing.status()
    carried = line.carried_up
    _sync(journey)
    hands.picture("12-sync-done")
    status = journey.desk.syncing.status()
    assert (status.queued, status.filed, status.unsent_attachments) == (0, 0, 0)
    return {
        "cut_once": line.cuts - cuts == 1,
        "waiting_after_the_cut": cut_status.queued + cut_status.unsent_attachments,
        "bytes_up_before_the_cut": carried,
        "bytes_up": line.carried_up,
        "bytes_down": line.carried_down,
        "received": status.received,
    }


def _sync(journey: Journey) -> None:
    hands = journey.hands
    if journey.frame.here != "sync":
        hands.press(Key.Key_7, Modifier.ControlModifier)
        hands.wait("the sync page", lambda: journey.frame.here == "sync")
    page = journey.page()
    hands.wait("the line at rest", lambda: page._task is None and page.go_button.isEnabled())
    before = journey.desk.syncing.status().last_contact
    page.table.setFocus()
    hands.press(Key.Key_Return)
    hands.wait("the exchange", lambda: page._task is None and journey.desk.syncing.status().last_contact != before, 180)
    hands.rest(0.5)


def review_and_correct(journey: Journey) -> dict[str, Any]:
    """The reviewer accepts all but two and returns these with a reason on a field; the clerk corrects and sends them again."""
    facts: dict[str, Any] = {}
    _as_reviewer(journey, enrol=True)
    facts["accepted"], facts["returned"] = _decide(journey, min(RETURNS, len(journey.papers) - 1))
    lock(journey)
    unlock(journey, Role.CLERK)
    _sync(journey)
    journey.hands.picture("14-returned")
    facts["corrected"] = _correct(journey)
    _sync(journey)
    lock(journey)
    _as_reviewer(journey, enrol=False)
    facts["accepted_then"], _ = _decide(journey, 0)
    lock(journey)
    unlock(journey, Role.CLERK)
    _sync(journey)
    agreement = journey.desk.syncing.compare()
    assert agreement.equal
    status = journey.desk.syncing.status()
    assert status.accepted == len(journey.papers)
    return {
        **facts,
        "digest_desk": agreement.desk.value.hex(),
        "digest_county": agreement.county.value.hex(),
        "heads_desk": agreement.desk.heads,
        "heads_county": agreement.county.heads,
        "bytes_up": journey.line.carried_up,
        "bytes_down": journey.line.carried_down,
    }


def _as_reviewer(journey: Journey, *, enrol: bool) -> None:
    hands = journey.hands
    if journey.desk is not None:
        lock(journey)
    unlock(journey, Role.REVIEWER)
    hands.wait("the board", lambda: journey.frame.here == "board")
    hands.press(Key.Key_2, Modifier.ControlModifier)
    hands.wait("the review page", lambda: journey.frame.here == "review")
    if enrol:
        code = CountyProcess.enrol_code(
            journey.data / "county", "--role", "reviewer", "--name", journey.desk.person.name
        )
        hands.wait("the form to join", lambda: hands.find("enrol:address"))
        _join(journey, code)
    page = journey.page()
    hands.wait("a record", lambda: page._record is not None, 60)
    hands.rest(0.8)


def _decide(journey: Journey, returns: int) -> tuple[int, int]:
    """A for every record but the first `returns`, which go back: R, 1, a word, Enter."""
    hands, page = journey.hands, journey.page()
    accepted = returned = 0
    hands.picture("13-review" if returns else "14-review-again")
    while page._record is not None and page._record.standing in OPEN_STANDINGS:
        record = page._record.record
        if returned < returns:
            hands.press(Key.Key_R)
            hands.press(Key.Key_1)
            hands.wait("the word", lambda: hands.focus_name() == "return:text")
            hands.type("责任者请与原件核对")
            if returned == 0:
                hands.picture("13-review-return")
            hands.press(Key.Key_Return)
            returned += 1
        else:
            if returns and not accepted:
                _accept_and_take_back(journey)
            hands.press(Key.Key_A)
            accepted += 1
        hands.wait("the next record", lambda record=record: _moved_on(page, record), 60)  # type: ignore[misc]
        hands.rest(0.1)
    return accepted, returned


def _accept_and_take_back(journey: Journey) -> None:
    """A, then Ctrl+Z: the record in hand is accepted, and waits again, since no desk has fetched it."""
    hands, page = journey.hands, journey.page()
    record, waiting = page._record.record, page._detail.summary.undecided
    hands.press(Key.Key_A)
    hands.wait("it is accepted", lambda: not page._busy and page._detail.summary.undecided == waiting - 1, 60)
    hands.press(Key.Key_Z, Modifier.ControlModifier)
    hands.wait("it waits again", lambda: not page._busy and page._detail.summary.undecided == waiting, 60)
    hands.wait("it is in hand", lambda: page._record is not None and page._record.record == record, 60)


def _moved_on(page: Any, record: str) -> bool:
    if page._busy or page._record is None:
        return False
    return page._record.record != record or page._record.standing not in OPEN_STANDINGS


def _correct(journey: Journey) -> int:
    """Each returned record is opened at the field that was pointed at, mended, and filed again: the first from the day's page."""
    hands, corrected = journey.hands, 0
    while journey.desk.syncing.returned():
        if corrected == 0:
            hands.press(Key.Key_1, Modifier.ControlModifier)
            hands.wait("the day", lambda: journey.frame.here == "today" and journey.page().list.lines)
            hands.picture("14-today")
            _mend_the_first(journey)
            corrected += 1
            continue
        if journey.frame.here != "sync":
            hands.press(Key.Key_7, Modifier.ControlModifier)
            hands.wait("the sync page", lambda: journey.frame.here == "sync")
        page = journey.page()
        waiting = len(journey.desk.syncing.returned())
        hands.wait(
            "the returned",
            lambda page=page, waiting=waiting: (
                page.returned.findChildren(_card_type()) and len(page.returned.findChildren(_card_type())) == waiting
            ),
        )  # type: ignore[misc]
        page.table.setFocus()
        _mend_the_first(journey)
        corrected += 1
    return corrected


def _mend_the_first(journey: Journey) -> None:
    """The record that the digit 1 opens is mended and filed again."""
    hands = journey.hands
    hands.press(Key.Key_1)
    hands.wait(
        "the form",
        lambda: journey.frame.here == "catalogue" and journey.page().form and journey.page().form.draft.parent,
    )
    form = journey.page()
    hands.rest(0.3)
    hands.picture("14-correct")
    uid = form.form.draft.uid
    if not form.card.focus("author"):
        hands.press(Key.Key_M, Modifier.AltModifier)
        form.card.focus("author")
    hands.press(Key.Key_End)
    hands.type("（已核）")
    hands.wait("the correction saved", lambda: not form._saver.busy())
    hands.press(Key.Key_Return, Modifier.ControlModifier)
    hands.wait("the correction filed", lambda: _state(journey, uid) is RecordState.FILED)
    hands.rest(0.3)


def _card_type() -> Any:
    from desktop.ui.widgets.returned import ReturnedCard  # Qt is loaded by now

    return ReturnedCard


def _state(journey: Journey, uid: str) -> RecordState:
    state: RecordState = journey.desk.finding.record(uid).record.state
    return state
