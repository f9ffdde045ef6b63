"""The slice in an archive: found by key and year of birth, said anew, taken out, thrown away; never two lines for one."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from desktop.archive import county_slice
from sync.contract.one_window import SliceEntry, SlicePerson, pack_people
from tests.desktop.services.office import NOON, begin_office

ONE, OTHER = UUID(int=1), UUID(int=2)


def entry(record: UUID, year: int, *people: SlicePerson, kind: str = "marriage") -> SliceEntry:
    return SliceEntry(record.bytes, kind, year, "339921103", pack_people(people))


def test_what_is_said_anew_takes_the_place_of_what_was_and_nothing_is_left_of_what_is_gone(tmp_path: Path) -> None:
    archive = begin_office(tmp_path).archive
    sure, span, told = SlicePerson(7, 1989, 0), SlicePerson(7, 1960, 2), SlicePerson(7, 0, 0)

    def found(born: int | None = None, most: int = 9) -> list[tuple[int, int]]:
        with archive.reading() as connection:
            return [(UUID(one.record).int, one.year) for one in county_slice.find(connection, 7, born, most)]

    def put(*entries: SliceEntry) -> int:
        with archive.act("陈晓兰", NOON) as act:
            return county_slice.put(act, entries)

    assert put(entry(ONE, 2016, sure, SlicePerson(8, 1991, 0)), entry(OTHER, 2020, span, kind="dibao")) == 2
    assert found() == [(2, 2020), (1, 2016)]
    assert found(most=1) == [(2, 2020)]
    assert [found(year) for year in (1959, 1960, 1962, 1963)] == [[], [(2, 2020)], [(2, 2020)], []]
    with archive.reading() as connection:
        assert [one.kind for one in county_slice.find(connection, 7, None, 9)] == ["dibao", "marriage"]
    assert put(entry(ONE, 2016, sure), entry(ONE, 2017, sure, told)) == 0  # fetched twice, the last word stands
    assert found() == [(2, 2020), (1, 2017), (1, 2017)]
    assert found(1900) == [(1, 2017)]
    assert put(entry(OTHER, 2020), entry(UUID(int=3), 2020)) == -1  # gone, and one that never was here
    assert found(1961) == [(1, 2017)]
    with archive.act("陈晓兰", NOON) as act:
        assert [county_slice.drop(act) for _ in range(3)] == [2, 1, 0]
    assert found() == []
    archive.close()
