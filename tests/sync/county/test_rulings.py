"""An officer's ruling holds for what the officer saw, is signed, and can be checked later from the log alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sync.contract.certificates import Role
from sync.contract.decisions import Decision, DecisionKind, Ground, check_decision
from sync.contract.errors import BadRequest, HeadMoved, NotAllowed, SealBroken
from sync.contract.revisions import RevisionId
from sync.contract.rulings import Ruling, RulingKind, SignedRuling, sign_ruling
from sync.county.__main__ import main
from sync.county.disputes import tell_disputes
from sync.county.service import County
from tests.sync.county.troubled import AWAY, TOWN, CountyPerson, Troubled, trouble
from tests.sync.county.witnessed import Clock, alter, open_county


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    made = open_county(tmp_path / "county", Clock())
    yield made
    made.close()


@pytest.fixture
def troubled(county: County, tmp_path: Path) -> Iterator[Troubled]:
    made = trouble(county, tmp_path)
    yield made
    for one in (made.log, made.away):
        one.engine.dispose()


def signed(county: County, person: CountyPerson, ruling: Ruling) -> SignedRuling:
    return sign_ruling(ruling, person.given.signing_certificate, county.now(), person.key)


def waiver(county: County, troubled: Troubled, **changed: object) -> Ruling:
    desks = (troubled.away.desk.holder.device,)
    return replace(Ruling(RulingKind.WAIVED, county.ledger.epoch, AWAY, desks, "电脑送修"), **changed)  # type: ignore[arg-type]


def test_a_waiver_is_taken_from_an_officer_for_what_the_officer_saw_and_once(
    county: County, troubled: Troubled
) -> None:
    officer, reviewer = CountyPerson(county), CountyPerson(county, "周敏", Role.REVIEWER)
    ruling = waiver(county, troubled)
    with pytest.raises(NotAllowed):
        county.rulings.waive(signed(county, reviewer, ruling))
    made = signed(county, officer, ruling)
    with pytest.raises(SealBroken):
        county.rulings.waive(replace(made, ruling=waiver(county, troubled, why="另有缘由")))
    for other in ({"epoch": "8" * 32}, {"about": ()}, {"subject": TOWN}):
        with pytest.raises(HeadMoved):
            county.rulings.waive(signed(county, officer, waiver(county, troubled, **other)))
    assert [one.township for one in county.awaited().desks] == [AWAY]
    assert county.rulings.waive(made) == ruling.about
    assert county.awaited().desks == ()
    with pytest.raises(HeadMoved):
        county.rulings.waive(made)


def test_a_signature_for_another_purpose_rules_nothing(county: County, troubled: Troubled) -> None:
    officer, ruling = CountyPerson(county), waiver(county, troubled)
    decision = Decision(
        AWAY, troubled.record, DecisionKind.RETURNED, RevisionId("0" * 64), None, (), (Ground("", "x", ""),)
    )
    lent = officer.sign(decision)
    with pytest.raises(SealBroken):
        county.rulings.waive(SignedRuling(ruling, lent.signer, lent.at, lent.signature))
    with pytest.raises(SealBroken):
        check_decision(replace(lent, signature=signed(county, officer, ruling).signature), county.authority.certificate)


def test_a_ruling_without_a_reason_is_none(county: County, troubled: Troubled) -> None:
    for why in ("", "  ", "长" * 201):
        with pytest.raises(BadRequest):
            waiver(county, troubled, why=why)


def test_a_log_is_begun_again_by_a_ruling_on_that_very_doubt(county: County, troubled: Troubled) -> None:
    officer = CountyPerson(county)
    (doubt,) = county.logs.doubtful()
    assert (doubt.device, doubt.flaw.value, doubt.seen, doubt.said) == (
        troubled.log.desk.holder.device,
        "shorter",
        5,
        2,
    )
    ruling = Ruling(RulingKind.LOG_BEGUN_AGAIN, county.ledger.epoch, doubt.device, doubt.about, "从备份恢复过")
    with pytest.raises(BadRequest):
        county.rulings.waive(signed(county, officer, ruling))
    with pytest.raises(HeadMoved):
        county.rulings.begin_log_again(signed(county, officer, replace(ruling, about=("shorter", "4", doubt.found_at))))
    made = signed(county, officer, ruling)
    county.rulings.begin_log_again(made)
    assert county.logs.doubtful() == ()
    with pytest.raises(HeadMoved):
        county.rulings.begin_log_again(made)
    troubled.log.known = 0
    assert troubled.log.send().kept == 5


def test_what_was_ruled_is_told_from_the_log_with_whether_it_was_signed(
    county: County, troubled: Troubled, capsys: pytest.CaptureFixture[str]
) -> None:
    county.rulings.waive(signed(county, CountyPerson(county), waiver(county, troubled)))
    county.logs.begin_again(troubled.log.desk.holder.device, "钱县长", "电话里问过")
    assert [(one.who, one.subject, one.verdict) for one in county.rulings.kept()] == [
        ("赵敏", AWAY, "signed"), ("钱县长", troubled.log.desk.holder.device, "unsigned")
    ]  # fmt: skip
    asked = ["rulings", "--data", str(county.folder)]
    assert main(asked) == 0
    assert f"waived {AWAY} 赵敏 signed 电脑送修" in capsys.readouterr().out
    with county.storage.keeping(writing=True) as connection:  # somebody with the key puts another reason under it
        alter(connection, "UPDATE audit SET details = replace(details, '电脑送修', '另有缘由')")
    assert [one.verdict for one in county.rulings.kept()] == ["false", "unsigned"]
    assert main(asked) == 2


def test_a_record_in_dispute_is_listed_until_it_is_settled(county: County, troubled: Troubled) -> None:
    with county.storage.connection() as connection:
        told = tell_disputes(connection)
    assert [(one.record, one.kind, one.title) for one in told.disputes] == [
        (troubled.record, "marriage", "何晨、陈思 结婚")
    ]
    assert told.total == 1
