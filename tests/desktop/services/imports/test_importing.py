"""An import judges as the form does, files once, and accounts for every entry."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.archive import drafts, imports, records
from desktop.archive.imports import EntryState, RunState
from desktop.services.changed import Progress
from desktop.services.finding import Asked
from desktop.services.imports import editing
from desktop.services.imports.dry_run import DryRun, Sums
from desktop.services.imports.importing import Importing, Outcome, Proposer, Table
from desktop.services.imports.templates import ColumnUse, read_template
from sync.contract.errors import Refused, UnreadableTable
from sync.contract.findings import Level
from sync.vault import audit
from sync.vault.slots import Role
from tests.desktop.documents import tables
from tests.desktop.services.imports.marriages import LABELS, marriage, table
from tests.desktop.services.office import SmallOffice
from tests.desktop.ui.desks import PASSWORD, PEOPLE, make_office

PAPERS = {"paper_missing": "原件未扫描"}
ALL = {**PAPERS, "identity_check": "原件如此", "possible_double": "不是同一件"}


def no_progress(_: Progress) -> None:
    """Nobody looks."""


def never() -> bool:
    return False


def opened(importing: Importing, content: bytes, name: str = "结婚.csv") -> Table:
    return importing.look(name, importing.open(content)).table


def tried(importing: Importing, content: bytes) -> DryRun:
    return importing.dry_run(opened(importing, content), no_progress, never)


def filed(
    importing: Importing, content: bytes, excuses: dict[str, str] | None = None, asked: Callable[[], bool] = never
) -> Outcome:
    return importing.file(opened(importing, content), ALL if excuses is None else excuses, no_progress, asked)


SLIPS = [
    marriage(1),
    marriage(2, man_id="339921198903080033"),  # a wrong check digit on paper: a warning
    marriage(3, day=""),  # nothing to be filed under
    marriage(4, woman_was="已婚"),  # not one of the choices
    marriage(5, man_id="3.39921198903080E+17"),
    marriage(1),  # the same row again
    marriage(1, no="000009"),  # the same couple, the same day, another row
]


def test_the_dry_run_says_of_each_entry_what_the_form_would_say_and_writes_nothing(
    importing: Importing, office: SmallOffice
) -> None:
    run = tried(importing, table(SLIPS))
    assert [run.line(place).state.value for place in range(7)] == [
        "warned",
        "warned",
        *["rejected"] * 3,
        "there",
        "warned",
    ]
    assert run.codes(1)[0] == ("warning", "husband.id_no", "identity_check")
    assert run.codes(2)[0] == ("error", "reg_date", "needed")
    assert ("error", "wife.status_before", "not_a_choice") in run.codes(3)
    assert run.codes(4)[0] == ("error", "husband.id_no", "digits_lost")
    assert ("warning", "reg_date", "possible_double") in run.codes(6)
    assert run.sums({}) == Sums(7, 0, 3, 3, 1)
    assert run.sums(PAPERS) == Sums(7, 1, 3, 2, 1)
    assert run.sums(ALL) == Sums(7, 3, 3, 0, 1)
    assert dict(run.warnings()) == {"paper_missing": 3, "identity_check": 1, "possible_double": 1}
    with office.archive.reading() as connection:
        assert imports.runs(connection) == []
        assert drafts.everyone(connection) == []


def test_every_entry_is_judged_as_its_draft_would_be_in_the_form(importing: Importing, office: SmallOffice) -> None:
    chosen = opened(importing, table([marriage(place) for place in range(1, 30)]))
    candidates = list(importing.entries(chosen))
    run = importing.dry_run(chosen, no_progress, never)
    for place, candidate in enumerate(candidates):
        form = office.cataloguing.start("marriage")
        for key, text in candidate.fields.items():
            form = office.cataloguing.put(form.draft.uid, key, text)
        said = [
            (one.level.value, one.field, one.code) for one in form.judgement.findings if one.level is not Level.INFO
        ]
        assert list(run.codes(place)) == said


def test_filing_does_what_the_dry_run_said_and_the_sum_holds(importing: Importing, office: SmallOffice) -> None:
    done = filed(importing, table(SLIPS), PAPERS)
    assert done.state is RunState.DONE
    assert done.sums == Sums(read=7, filed=1, rejected=3, open=2, there=1)
    (row,) = office.finding.rows(office.finding.find(Asked("J339921-2016-000001")), 0, 10)
    assert row.record.number == "J001-HY·2016-D100-0001"
    with office.archive.reading() as connection:
        body = records.body(connection, row.record.head)
    assert body is not None
    assert set(body["reasons"].values()) == {"原件未扫描"}
    with office.archive.reading() as connection:
        assert len(drafts.everyone(connection)) == 2
        (run,) = imports.runs(connection)
        assert (run.read, run.filed, run.rejected, run.open, run.there) == (7, 1, 3, 2, 1)
        acts = [one.act for one in audit.events(connection)]
        assert acts.count("records-filed") == 1
        assert acts[-1] == "import-done"


def test_an_open_entry_is_a_draft_that_is_taken_up_and_filed_like_any_other(
    importing: Importing, office: SmallOffice
) -> None:
    filed(importing, table([marriage(2, man_id="339921198903080033")]), PAPERS)
    (draft,) = office.cataloguing.drafts()
    office.cataloguing.give_reason(draft.uid, "husband.id_no", "原件如此")
    assert office.filing.file(draft.uid).number == "J001-HY·2016-D100-0001"
    assert filed(importing, table([marriage(2, man_id="339921198903080033")])).sums == Sums(1, 0, 0, 0, 1)


def test_the_same_file_twice_files_nothing_twice(importing: Importing, office: SmallOffice) -> None:
    rows = [marriage(place) for place in range(1, 20)]
    assert filed(importing, table(rows)).sums == Sums(19, 19, 0, 0, 0)
    assert filed(importing, table(rows, "gb18030")).sums == Sums(19, 0, 0, 0, 19)  # another file, the same rows
    assert filed(importing, table([*rows, marriage(20)])).sums == Sums(20, 1, 0, 0, 19)
    assert office.finding.find(Asked("")).total == 20


def test_an_entry_known_by_its_key_that_says_something_else_is_rejected(importing: Importing) -> None:
    rows = [marriage(1), marriage(2)]
    chosen = opened(importing, table(rows))
    keyed = replace(chosen, template=replace(chosen.template, key=("编号",)))
    importing.file(keyed, ALL, no_progress, never)
    again = opened(importing, table([marriage(1), marriage(2, woman="陈思雨"), marriage(3), marriage(3, woman="林林")]))
    assert again.template.key == ("编号",)  # the template was remembered
    run = importing.dry_run(again, no_progress, never)
    assert [run.line(place).state.value for place in range(4)] == ["there", "rejected", "warned", "rejected"]
    assert run.codes(1) == (("error", "", "changed_since"),)
    assert run.codes(3) == (("error", "", "changed_since"),)


def test_a_template_is_remembered_for_its_header(importing: Importing) -> None:
    chosen = opened(importing, table([marriage(1)]))
    (part,) = chosen.template.parts
    fixed = replace(part, fixed={"note": "2016 年台账"}, columns={**part.columns, "编号": ColumnUse("location")})
    importing.file(replace(chosen, template=replace(chosen.template, parts=(fixed,))), ALL, no_progress, never)
    seen = importing.look("另一份.csv", importing.open(table([marriage(2)])))
    assert seen.proposer is Proposer.KEPT
    assert seen.table.template.parts[0].fixed == {"note": "2016 年台账"}
    assert seen.table.template.parts[0].columns["编号"].field == "location"


def test_a_stopped_import_keeps_what_is_done_and_goes_on_with_the_same_run(
    importing: Importing, office: SmallOffice
) -> None:
    content = table([marriage(place) for place in range(1, 1201)] + SLIPS)
    asked = iter([False, False, True])
    cut = filed(importing, content, PAPERS, lambda: next(asked))
    assert cut.state is RunState.CUT
    assert cut.sums.filed == 1000
    done = filed(importing, content, PAPERS)
    assert done.run_id == cut.run_id
    assert done.sums.read == 1207
    with office.archive.reading() as connection:
        held = imports.count(connection, done.run_id)
        assert (held[EntryState.FILED], held[EntryState.OPEN]) == (done.sums.filed, done.sums.open)
        assert len(imports.runs(connection)) == 1
    assert office.finding.find(Asked("")).total == done.sums.filed


def test_incomplete_entries_may_wait_as_drafts(importing: Importing, office: SmallOffice) -> None:
    rows = [marriage(1, office=""), marriage(2, office="", woman_was="已婚"), marriage(1, office="")]
    assert tried(importing, table(rows)).sums({"needed": ""}) == Sums(3, 0, 2, 1, 0)
    assert filed(importing, table(rows), {"needed": ""}).sums == Sums(3, 0, 2, 1, 0)
    assert len(office.cataloguing.drafts()) == 1


def test_rows_of_one_household_become_one_record(importing: Importing, office: SmallOffice) -> None:
    lines = [
        "户编号,与户主关系,姓名,身份证号",
        "H1,户主,何晨,339921198903080032",
        "H1,配偶,陈思,339921199103070025",
        ",子,何一,",
        "H2,户主,林木,",
    ]
    seen = importing.look("普查.csv", importing.open("\n".join(lines).encode()), kind="census")
    labels = seen.table.header.labels
    template = editing.with_group(office.kinds["census"], seen.table.template, "户编号", labels)
    first, second = importing.entries(replace(seen.table, template=template))
    assert (first.number, len(first.rows), second.number) == (2, 3, 5)
    said = {key: text for key, text in first.fields.items() if key.startswith(("head", "members", "household"))}
    assert said == {
        "household_no": "H1",
        "head.name": "何晨",
        "head.id_no": "339921198903080032",
        "members.0.relation": "配偶",
        "members.0.name": "陈思",
        "members.0.id_no": "339921199103070025",
        "members.1.relation": "子",
        "members.1.name": "何一",
    }
    assert second.fields["head.name"] == "林木"
    assert read_template(json.loads(template.to_json())) == template
    assert editing.with_group(office.kinds["census"], template, "户编号", labels).group == ()


def test_dates_of_every_form_come_into_the_record(importing: Importing, tmp_path: Path) -> None:
    days = ["二〇一六年二月二十七日", "2016.2.27", 42427, "2016-02-27 00:00:00"]
    content = tables.xlsx(
        tmp_path, [LABELS, *([*marriage(n)[:2], day, *marriage(n)[3:]] for n, day in enumerate(days))]
    )
    chosen = opened(importing, content, "结婚.xlsx")
    found = list(importing.entries(chosen))
    assert [one.fields["reg_date"] for one in found] == [
        "二〇一六年二月二十七日",
        "2016.2.27",
        "2016-02-27",
        "2016-02-27",
    ]
    run = importing.dry_run(chosen, no_progress, never)
    assert not run.errors()


def test_a_number_cut_by_a_spreadsheet_and_saved_as_text_is_told(importing: Importing) -> None:
    run = tried(importing, table([marriage(1, man_id="339921198903080000")]))
    assert run.codes(0)[0] == ("error", "husband.id_no", "digits_lost")


def test_two_imports_at_once_are_refused(importing: Importing) -> None:
    content = table([marriage(place) for place in range(1, 600)])
    begun, go_on = threading.Event(), threading.Event()

    def wait(_: Progress) -> None:
        begun.set()
        go_on.wait(30)

    first = threading.Thread(target=lambda: importing.file(opened(importing, content), ALL, wait, never))
    first.start()
    begun.wait(30)
    with pytest.raises(Refused):
        filed(importing, content)
    go_on.set()
    first.join()


def test_a_file_that_is_gone_has_a_reason(importing: Importing, tmp_path: Path) -> None:
    with pytest.raises(UnreadableTable) as refused:
        importing.read(tmp_path / "没有.xlsx")
    assert refused.value.facts["reason"] == "gone"


def test_a_desk_that_is_locked_in_the_middle_stops_the_import_whole_and_goes_on_later(tmp_path: Path) -> None:
    opening = make_office(tmp_path)
    content = table([marriage(place) for place in range(1, 2_001)])
    desk = opening.unlock(PEOPLE[Role.CLERK], PASSWORD)
    begun, outcomes = threading.Event(), list[Outcome]()
    chosen = desk.importing.look("结婚.csv", desk.importing.open(content)).table

    def told(_: Progress) -> None:
        begun.set()

    working = threading.Thread(target=lambda: outcomes.append(desk.importing.file(chosen, ALL, told, never)))
    working.start()
    assert begun.wait(30)
    desk.close()
    working.join(30)
    (cut,) = outcomes
    assert cut.state is RunState.CUT
    assert 0 < cut.sums.filed < 2_000
    again = opening.unlock(PEOPLE[Role.CLERK], PASSWORD)
    try:
        assert again.counts().records == cut.sums.filed
        done = again.importing.file(chosen, ALL, no_progress, never)
        assert (done.run_id, done.sums) == (cut.run_id, Sums(2_000, 2_000, 0, 0, 0))
    finally:
        again.close()
