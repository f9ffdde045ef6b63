"""Batches (移交批次): revisions that a desk sealed together, cut into fixed parts and signed.

Parts are cut once, at sealing, by the bytes of their bodies; a request carries as many whole parts as the line bears.
The same revisions in the same order always give the same parts and the same digest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NewType

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.contract.certificates import check_signature, sign_bytes
from sync.contract.errors import BadRequest, SealBroken
from sync.contract.revisions import DeviceId, Revision, RevisionId, TownshipId, hash_parts, is_uuid_text

BatchId = NewType("BatchId", str)
"""UUIDv7 as text, made by the desk; the idempotency key."""

PART_TARGET_BYTES: Final = 16 * 1024
LARGEST_BODY_BYTES: Final = 1024 * 1024
MOST_PARTS: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class BatchSeal:
    """What is signed: whose batch, the how-manieth of the device, and the digest of every part."""

    batch_id: BatchId
    township: TownshipId
    device: DeviceId
    sequence: int
    parts: int
    revisions: int
    digest: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """A run of a batch's revisions, counted from 0."""

    number: int
    revisions: tuple[Revision, ...]

    @property
    def digest(self) -> bytes:
        return part_digest([revision.id for revision in self.revisions])


def cut_parts(revisions: Iterable[Revision], target_bytes: int = PART_TARGET_BYTES) -> Iterator[tuple[Revision, ...]]:
    """Yield runs of revisions, each closed once its bodies reach the target; none is empty."""
    run: list[Revision] = []
    size_bytes = 0
    for revision in revisions:
        run.append(revision)
        size_bytes += len(revision.body)
        if size_bytes >= target_bytes:
            yield tuple(run)
            run, size_bytes = [], 0
    if run:
        yield tuple(run)


def part_digest(ids: Iterable[RevisionId]) -> bytes:
    """Return the digest of a part from the ids of its revisions, in order."""
    return hash_parts(b"lantai.part.1", (bytes.fromhex(revision) for revision in ids))


def batch_digest(
    batch_id: BatchId, township: TownshipId, device: DeviceId, sequence: int, part_digests: Iterable[bytes]
) -> bytes:
    """Return the digest a batch is known by."""
    header = (batch_id.encode("ascii"), township.encode(), device.encode("ascii"), sequence.to_bytes(8, "big"))
    return hash_parts(b"lantai.batch.1", (*header, *part_digests))


def seal(
    batch_id: BatchId,
    township: TownshipId,
    device: DeviceId,
    sequence: int,
    parts: Sequence[Sequence[RevisionId]],
    key: Ed25519PrivateKey,
) -> BatchSeal:
    """Return the signed seal over a batch, from the ids of its revisions part by part.

    Args:
        sequence: 1 for the device's first batch, without gaps.
    """
    if not is_uuid_text(batch_id) or sequence < 1 or not parts or not all(parts):
        raise ValueError("a batch has an id, a number from 1 and no empty part")
    digest = batch_digest(batch_id, township, device, sequence, (part_digest(ids) for ids in parts))
    count = sum(len(ids) for ids in parts)
    return BatchSeal(batch_id, township, device, sequence, len(parts), count, digest, sign_bytes(key, digest))


def check_shape(batch: BatchSeal) -> None:
    """A seal from the line has the shape `seal` gives; its signature is a matter for `check_seal`.

    Raises:
        BadRequest: it has not.
    """
    sound = is_uuid_text(batch.batch_id) and is_uuid_text(batch.device) and len(batch.digest) == 32
    if not sound or not 1 <= batch.parts <= min(MOST_PARTS, batch.revisions) or not 1 <= batch.sequence < 2**63:
        raise BadRequest("batch header")


def check_seal(batch: BatchSeal, part_digests: Sequence[bytes], revisions: int, signer: x509.Certificate) -> None:
    """The parts that arrived are those that were sealed, and the device's key signed them.

    Raises:
        SealBroken: a part or revision too many or too few, other bytes, or another signer.
    """
    if len(part_digests) != batch.parts or revisions != batch.revisions:
        raise SealBroken("batch is not whole", batch=batch.batch_id)
    digest = batch_digest(batch.batch_id, batch.township, batch.device, batch.sequence, part_digests)
    if digest != batch.digest:
        raise SealBroken("batch digest", batch=batch.batch_id)
    check_signature(signer, batch.signature, batch.digest)
