"""A batch is what was sealed, to the byte and to the signer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contract.batches import Part, check_seal, check_shape, cut_parts, seal
from sync.contract.errors import BadRequest, SealBroken
from tests.sync.contract.office import TOWNSHIP, Office, new_uuid, put

OFFICE = Office()
REVISIONS = [put(OFFICE.new_record(), {"题名": "档" * size}) for size in (1, 400, 3, 90, 2000, 7)]


def sealed(revisions=REVISIONS, target_bytes=500):
    parts = list(cut_parts(revisions, target_bytes))
    ids = [[revision.id for revision in part] for part in parts]
    batch = seal(new_uuid(OFFICE.draw), TOWNSHIP, OFFICE.desk.device, 1, ids, OFFICE.desk_key)
    return batch, [Part(number, part).digest for number, part in enumerate(parts)]


@given(st.lists(st.sampled_from(REVISIONS)), st.integers(1, 5000))
def test_parts_keep_every_revision_in_order_and_none_is_empty(revisions, target_bytes):
    parts = list(cut_parts(revisions, target_bytes))
    assert [revision for part in parts for revision in part] == revisions
    assert all(parts)
    assert parts == list(cut_parts(revisions, target_bytes))


def test_a_whole_batch_is_known_by_its_seal():
    batch, digests = sealed()
    check_shape(batch)
    check_seal(batch, digests, len(REVISIONS), OFFICE.desk_certificate)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda batch, digests: (batch, digests[:-1]),
        lambda batch, digests: (batch, [*reversed(digests)]),
        lambda batch, digests: (batch, [bytes(32), *digests[1:]]),
        lambda batch, digests: (replace(batch, sequence=2), digests),
        lambda batch, digests: (replace(batch, township="339921103"), digests),
        lambda batch, digests: (replace(batch, signature=bytes(64)), digests),
        lambda batch, digests: (replace(batch, revisions=batch.revisions + 1), digests),
    ],
)
def test_a_batch_changed_on_the_way_is_refused(spoil):
    batch, digests = spoil(*sealed())
    with pytest.raises(SealBroken):
        check_seal(batch, digests, len(REVISIONS), OFFICE.desk_certificate)


def test_a_batch_signed_by_another_device_is_refused():
    batch, digests = sealed()
    with pytest.raises(SealBroken):
        check_seal(batch, digests, len(REVISIONS), OFFICE.reviewer_certificate)


@pytest.mark.parametrize("field", [{"batch_id": "x"}, {"parts": 0}, {"parts": 99}, {"sequence": 0}, {"digest": b""}])
def test_a_header_of_another_shape_is_refused(field):
    with pytest.raises(BadRequest):
        check_shape(replace(sealed()[0], **field))
