"""Nothing leaves the archive on one person's word: asked by one, approved by another with the own password, good for one export."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from desktop.services.desk import MAY
from desktop.services.export_requests import EXPORTERS, ExportRequests, RequestState
from desktop.services.exporting import Exporting, terms_of
from desktop.services.sealing.scope import Scope, of_kind
from sync.contract.errors import InvalidRecord, NotAllowed, Refused, WrongPassword
from sync.vault import audit
from sync.vault.slots import Keystore, Role
from tests.desktop.services.office import SmallOffice, begin_office

ASKER, SECOND, CLERK = "吴审计", "赵管理", "陈晓兰"
PASSWORD = "这一句口令只在测试里用一用"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory):
    made = begin_office(tmp_path_factory.mktemp("approving") / "office")
    made.file_marriage()
    keystore = Keystore.create(made.archive.folder, made.archive.data_key)
    for name, role in ((ASKER, Role.AUDITOR), (SECOND, Role.ADMIN), (CLERK, Role.CLERK)):
        keystore.add(made.archive.data_key, name, role, PASSWORD)
    keystore.add(made.archive.data_key, "新来的", Role.AUDITOR, PASSWORD, temporary=True)
    yield made
    made.archive.close()


@pytest.fixture
def exporting(office: SmallOffice) -> Exporting:
    office.clock.forward(timedelta(days=8))  # whatever was asked before is over
    return Exporting(office.archive, office.kinds, ASKER, office.clock)


def acts(office: SmallOffice) -> list[tuple[str, str]]:
    with office.archive.reading() as connection:
        return [(one.who, one.act) for one in audit.events(connection)]


def export(exporting: Exporting, to: Path, readers: list[str], scope: Scope = Scope()) -> None:  # noqa: B008
    to.mkdir(exist_ok=True)
    exporting.export(to, readers, lambda _: None, lambda: False, scope=scope)


def test_those_who_may_export_are_those_who_approve() -> None:
    assert {role for role, acts in MAY.items() if "export" in acts} == EXPORTERS


def test_an_export_waits_for_another_and_the_word_is_good_for_it_alone_and_once(
    exporting: Exporting, office: SmallOffice, tmp_path: Path
) -> None:
    reader = exporting.make_recipient().public_key
    with pytest.raises(NotAllowed):
        export(exporting, tmp_path / "stick", [reader])
    request = exporting.requests.ask(terms_of(Scope(), [reader]))
    assert exporting.requests.ask(terms_of(Scope(), [reader])).id == request.id
    assert request.state is RequestState.ASKED
    with pytest.raises(NotAllowed):
        export(exporting, tmp_path / "stick", [reader])
    assert exporting.requests.approve(request.id, SECOND, PASSWORD).approved_by == SECOND
    with pytest.raises(NotAllowed):
        export(exporting, tmp_path / "stick", [reader], of_kind("marriage"))
    assert not list((tmp_path / "stick").iterdir())
    export(exporting, tmp_path / "stick", [reader])
    with pytest.raises(NotAllowed):
        export(exporting, tmp_path / "stick", [reader])
    told = acts(office)
    assert [one for one in told if one[1].startswith(("export-", "copy-b"))][-3:] == [
        (ASKER, "export-asked"), (SECOND, "export-approved"), (ASKER, "copy-begun"),
    ]  # fmt: skip


def test_nobody_approves_the_own_request_nor_without_the_right_nor_with_a_password_somebody_else_chose(
    exporting: Exporting,
) -> None:
    requests = exporting.requests
    request = requests.ask(terms_of(of_kind("marriage"), ["age1x"])).id
    for name, password, fault in (
        (ASKER, PASSWORD, NotAllowed), (f" {ASKER} ", PASSWORD, NotAllowed), (CLERK, PASSWORD, NotAllowed),
        ("新来的", PASSWORD, NotAllowed), (SECOND, "别的口令别的口令别的", WrongPassword),
    ):  # fmt: skip
        with pytest.raises(fault):
            requests.approve(request, name, password)
    assert requests.lines()[0].state is RequestState.ASKED


def test_a_refusal_has_a_reason_which_the_log_does_not_hold(exporting: Exporting, office: SmallOffice) -> None:
    requests = exporting.requests
    request = requests.ask(terms_of(of_kind("marriage", 2016), ["age1x"])).id
    with pytest.raises(InvalidRecord):
        requests.refuse(request, SECOND, PASSWORD, " ")
    one = requests.refuse(request, SECOND, PASSWORD, "收件人没有核实")
    assert (one.state, one.said_by, one.reason) == (RequestState.REFUSED, SECOND, "收件人没有核实")
    with pytest.raises(Refused):
        requests.approve(request, SECOND, PASSWORD)
    assert acts(office)[-1] == (SECOND, "export-refused")
    with office.archive.reading() as connection:
        assert "没有核实" not in str(audit.events(connection))


def test_a_word_is_good_for_seven_days_and_a_request_can_be_withdrawn_by_the_one_who_asked(
    exporting: Exporting, office: SmallOffice
) -> None:
    requests, terms = exporting.requests, terms_of(Scope(), ["age1y"])
    request = requests.ask(terms).id
    requests.approve(request, SECOND, PASSWORD)
    assert requests.claim(terms).id == request
    office.clock.forward(timedelta(days=7, seconds=1))
    assert requests.lines()[0].over
    with pytest.raises(NotAllowed):
        requests.claim(terms)
    again = requests.ask(terms).id
    with pytest.raises(NotAllowed):
        ExportRequests(office.archive, SECOND, office.clock).withdraw(again)
    requests.withdraw(again)
    with pytest.raises(Refused):
        requests.approve(again, SECOND, PASSWORD)


def test_where_nobody_else_has_the_right_the_export_is_single_handed_and_says_so(
    office: SmallOffice, exporting: Exporting
) -> None:
    terms = terms_of(Scope(), ["age1z"])
    waiting = exporting.requests.ask(terms)
    keystore = Keystore.open(office.archive.folder)
    gone = [keystore.remove(office.archive.data_key, name) for name in (SECOND, "新来的")]
    assert exporting.requests.others() == ()
    assert exporting.requests.claim(terms).approved_by == "single-handed"
    assert exporting.requests.lines()[0].id == waiting.id
    assert acts(office)[-1] == (ASKER, "export-single-handed")
    assert len(gone) == 2
