"""The checks at intake: what is found at each revision, kept part by part in either store, and told to staff as one sum."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest

from sync.contract.batch_results import WHOLE_ITEMS, read_results
from sync.contract.batches import BatchId, cut_parts, seal
from sync.contract.four_properties import FoundCount, bits_of, items_at, items_of
from sync.contract.four_properties import Stage as At
from sync.contract.kind_files import load_kinds
from sync.contract.messages import SentBatch, SentPart, SyncRequest, send_revision
from sync.contract.record_checks import BODY_ITEMS
from sync.contract.wire import pack_request, unpack
from sync.county.intake_checks import IntakeChecks
from sync.county.judging import BodyJudge
from sync.county.storage import Storage
from sync.ledger import Desk
from sync.ledger.county_book import CountyStore
from sync.ledger.county_rules import CountyRules
from sync.ledger.memory_county import MemoryCountyStore
from tests.sync.client.people import a_document
from tests.sync.contract.office import NOW, TOWNSHIP, Office, new_uuid, put

KINDS = load_kinds()
EPOCH = "e" * 32
CLEAN_BYTES_MOST = 10


def whole_document(text: str, number: str) -> dict[str, object]:
    """A body with every member that filing writes."""
    more = {
        "number": number,
        "normal": {},
        "papers": [],
        "attachments": [],
        "filed": {"by": "陈晓兰", "at": "2026-03-02T04:00:00Z"},
    }
    return a_document(text) | more


@contextmanager
def memory(_folder: Path) -> Iterator[CountyStore]:
    yield MemoryCountyStore(EPOCH)


@contextmanager
def encrypted(folder: Path) -> Iterator[CountyStore]:
    storage = Storage(folder, bytes(range(32)), None, lambda: NOW)
    storage.create(EPOCH)
    yield storage
    storage.close()


@pytest.mark.parametrize("kept_in", [memory, encrypted])
def test_what_desk_and_county_found_of_a_batch_is_kept_and_summed(kept_in, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    office = Office()
    bodies = [whole_document("通知一", "J001-WS·2020-D30-0001"), whole_document("通知二", "J001-HY·2020-D30-0002")]
    bodies += [whole_document("通知三", "J001-WS·2020-D30-0003") | {"papers": [{"paper": "body"}]}]
    bodies += [
        {name: said for name, said in whole_document("通知四", "J001-WS·2020-D30-0004").items() if name != "filed"}
    ]
    made = [put(office.new_record(), body) for body in bodies]
    parts = list(cut_parts(made, 1))
    sealed = seal(
        BatchId(new_uuid(office.draw)), TOWNSHIP, office.desk.device, 1, [[one.id for one in part] for part in parts], office.desk_key
    )  # fmt: skip
    ran, found = bits_of(items_at(At.HAND_OVER)), (FoundCount("Z8", 2, 0),)
    with kept_in(tmp_path) as store:
        rules = CountyRules(
            store, office.authority, BodyJudge(KINDS, lambda: NOW), lambda: NOW, IntakeChecks(KINDS, lambda: NOW)
        )
        desk = Desk(office.desk, office.desk_certificate)
        for number, part in enumerate(parts):
            batch = SentBatch(sealed, (SentPart(number, tuple(map(send_revision, part))),), ran, found)
            for _ in range(2):  # a reply was lost, and the same comes again
                rules.sync(desk, SyncRequest(EPOCH, 0, b"", batch=batch))
        with store.reading() as book:
            results = read_results(book.checks(sealed.batch_id))
    assert results is not None
    assert (results.desk_ran, results.desk_found) == (ran, found)
    assert set(items_of(results.county_ran)) == {*BODY_ITEMS, *WHOLE_ITEMS} == set(items_at(At.INTAKE))
    assert results.records == 4
    assert {(one.item, one.code, one.subject) for one in results.faults} == {
        ("Z7", "number_category", made[1].record_id), ("Z10", "paper_of_nothing", made[2].record_id),
        ("W3", "member_missing", made[3].record_id),
    }  # fmt: skip
    county, township = results.reports(sealed.batch_id, "2026-03-02T09:30:00+00:00", "县里", "青石镇")
    assert not county.clean
    assert township.clean


def test_the_results_of_a_clean_batch_cost_at_most_ten_bytes_and_an_older_peer_is_understood() -> None:
    costs = []
    for _ in range(9):  # ids and signatures are drawn, and what they share with the rest shortens a message by chance
        silent, told = (SyncRequest(EPOCH, 7, b"h" * 32, batch=sent) for sent in _silent_and_told())
        costs.append(len(pack_request(told)) - len(pack_request(silent)))
    assert min(costs) > 0
    assert median(costs) <= CLEAN_BYTES_MOST
    read = unpack(SyncRequest, pack_request(silent)).batch
    assert read is not None
    assert read.ran == 0


def _silent_and_told() -> tuple[SentBatch, SentBatch]:
    """Return one batch as an older desk sends it, and as one that says which checks ran and found nothing."""
    office = Office()
    one = put(office.new_record(), whole_document("通知", "J001-WS·2020-D30-0001"))
    sealed = seal(BatchId(new_uuid(office.draw)), TOWNSHIP, office.desk.device, 1, [[one.id]], office.desk_key)
    part = SentPart(0, (send_revision(one),))
    return SentBatch(sealed, (part,)), SentBatch(sealed, (part,), bits_of(items_at(At.HAND_OVER)))
