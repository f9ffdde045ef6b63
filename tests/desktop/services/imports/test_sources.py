"""Rows that other offices hand over are kept as they came, seen for a purpose, and go with their delivery."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from desktop.archive.imports import RunState
from desktop.services.imports.dry_run import Sums
from desktop.services.imports.importing import Importing, Outcome, Table
from desktop.services.imports.undoing import ImportRuns
from desktop.services.persons import Persons
from sync.vault import audit
from tests.desktop.services.office import SmallOffice

HUSBAND = "339921198903080032"
HEAD = "号牌号码,身份证号,姓名,车辆类型,价值,登记日期,状态"
CAR = f"浙Z1,{HUSBAND},何晨,小型汽车,210000,2013-03-18,正常"
OTHER = "浙Z2,339921197505210036,杨涛,小型汽车,90000,2014-12-13,正常"


@pytest.fixture
def runs(office: SmallOffice) -> Iterator[ImportRuns]:
    made = ImportRuns(office.archive, office.person, office.clock)
    yield made
    made.close()


@pytest.fixture
def persons(office: SmallOffice) -> Persons:
    office.file_marriage(**{"husband.name": "何晨", "husband.id_no": HUSBAND})
    return Persons(office.archive, office.kinds, office.person, office.clock)


def table(importing: Importing, *rows: str, head: str = HEAD) -> Table:
    seen = importing.look("delivery.csv", importing.open("\n".join((head, *rows, "")).encode("gb18030")))
    assert seen.table.source is not None
    return seen.table


def bring(importing: Importing, *rows: str, head: str = HEAD) -> Outcome:
    return importing.file(table(importing, *rows, head=head), {}, lambda _: None, lambda: False)


def husband(office: SmallOffice) -> int:
    with office.archive.reading() as connection:
        asked = "SELECT id FROM person_mention WHERE number = ?"
        return int(connection.exec_driver_sql(asked, (int(HUSBAND[:17]),)).scalar_one())


def seen(office: SmallOffice, persons: Persons) -> list[tuple[str, dict[str, str], bool]]:
    return [(one.label, dict(one.cells), one.old) for one in persons.show(husband(office), "低保复核").rows]


def test_what_is_wrong_is_rejected_with_its_column_and_the_sum_holds(importing: Importing) -> None:
    wrong = (
        f",{HUSBAND},何晨,小型汽车,1,2013-03-18,正常",  # no plate
        f"浙Z3,{HUSBAND},何晨,小型汽车,很贵,2013-03-18,正常",
        f"浙Z4,{HUSBAND},何晨,小型汽车,1,前年,正常",
        "浙Z5,339921198903080000,何晨,小型汽车,1,2013-03-18,正常",  # a spreadsheet's zeros
    )
    taken = table(importing, CAR, CAR, "浙Z1,不详,何晨,小型汽车,1,,正常", *wrong)
    tried = importing.dry_run(taken, lambda _: None, lambda: False)
    assert tried.sums({}) == Sums(read=7, filed=2, rejected=4, open=0, there=1)
    assert dict(tried.errors()) == dict.fromkeys(
        ("source_empty", "not_an_amount", "date_not_understood", "digits_lost"), 1
    )
    assert importing.file(taken, {}, lambda _: None, lambda: False).sums == tried.sums({})


def test_two_owners_of_one_plate_both_stand(importing: Importing) -> None:
    assert bring(importing, CAR, CAR.replace(HUSBAND, "339921197505210036")).sums.filed == 2


def test_the_same_file_brings_nothing_twice_and_hides_nothing(
    office: SmallOffice, importing: Importing, persons: Persons
) -> None:
    bring(importing, CAR, OTHER)
    office.clock.forward(timedelta(days=1))
    assert bring(importing, CAR, OTHER).sums == Sums(read=2, filed=0, rejected=0, open=0, there=2)
    assert [cells["号牌号码"] for _, cells, _ in seen(office, persons)] == ["浙Z1"]


def test_a_delivery_half_taken_back_is_shown_to_nobody_until_it_is_whole_again(
    office: SmallOffice, importing: Importing, persons: Persons, runs: ImportRuns
) -> None:
    many = [CAR, *(f"浙Y{n},{HUSBAND},何晨,小型汽车,1,2013-03-18,正常" for n in range(700))]
    made = bring(importing, *many)
    asked = iter([False, True])
    assert not runs.undo(made.run_id, lambda _: None, lambda: next(asked, True)).whole
    assert seen(office, persons) == []
    again = bring(importing, *many)
    assert (again.run_id, again.sums.filed) == (made.run_id, 701)
    assert len(seen(office, persons)) == 701


def test_rows_are_told_by_number_and_shown_for_a_purpose_that_is_registered(
    office: SmallOffice, importing: Importing, persons: Persons
) -> None:
    bring(importing, CAR, OTHER)
    masked = persons.file(husband(office))
    assert (masked.held, masked.rows) == (1, ())
    (shown,) = persons.show(husband(office), "低保复核").rows
    assert shown.label == "机动车登记"
    assert dict(shown.cells) == {
        "号牌号码": "浙Z1", "车辆类型": "小型汽车", "价值": "210000", "登记日期": "2013-03-18", "状态": "正常",
    }  # fmt: skip
    with office.archive.reading() as connection:
        looks = [one.details["fields"] for one in audit.of_act(connection, "masked-fields-shown")]
        log = str(connection.exec_driver_sql("SELECT * FROM audit").all())
    assert looks == ["person sources"]
    assert not any(word in log for word in ("浙Z", "何晨", HUSBAND, "210000"))


def test_a_newer_delivery_takes_the_place_of_the_older_until_it_is_taken_back(
    office: SmallOffice, importing: Importing, persons: Persons, runs: ImportRuns
) -> None:
    bring(importing, CAR, OTHER)
    office.clock.forward(timedelta(days=91))
    assert seen(office, persons)[0][2]  # old by now
    newer = bring(importing, OTHER)
    assert seen(office, persons) == []
    assert runs.undo(newer.run_id, lambda _: None, lambda: False).rows == 1
    assert [cells["号牌号码"] for _, cells, _ in seen(office, persons)] == ["浙Z1"]
    assert [run.state for run in runs.all()] == [RunState.UNDONE, RunState.DONE]


def test_deliveries_that_add_stand_beside_each_other(
    office: SmallOffice, importing: Importing, persons: Persons
) -> None:
    head = "month,programme,key,id_number,name,account,amount"
    for month in ("2026-01", "2026-02"):
        bring(importing, f"{month},低保,DB000001,{HUSBAND},何晨,6217990000000016085,912", head=head)
        office.clock.forward(timedelta(days=1))
    assert [cells["发放月份"] for _, cells, _ in seen(office, persons)] == ["2026-02", "2026-01"]


def test_one_that_was_stopped_shows_nothing_and_goes_on_where_it_was(
    office: SmallOffice, importing: Importing, persons: Persons
) -> None:
    many = [CAR, *(f"浙Y{n},{HUSBAND},何晨,小型汽车,1,2013-03-18,正常" for n in range(700))]
    asked = iter([False, True])
    cut = importing.file(table(importing, *many), {}, lambda _: None, lambda: next(asked, True))
    assert (cut.state, cut.sums.filed) == (RunState.CUT, 500)
    assert seen(office, persons) == []
    done = bring(importing, *many)
    assert (done.run_id, done.sums) == (cut.run_id, Sums(read=701, filed=701, rejected=0, open=0, there=0))
    assert len(seen(office, persons)) == 701
