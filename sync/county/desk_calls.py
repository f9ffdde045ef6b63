"""What a desk may ask of its county; its township is the one in its certificate."""

from __future__ import annotations

from dataclasses import replace

from sync.contract.certificates import Role
from sync.contract.errors import BadRequest, NotAllowed
from sync.contract.messages import (
    BucketDigest,
    DigestReply,
    Hashes,
    HeadDigest,
    SyncReply,
    SyncRequest,
    bucket_of,
)
from sync.county import registry
from sync.county.contacts import Contacts
from sync.county.service import County
from sync.county.tables import Device
from sync.ledger import Desk


class DeskCalls:
    """The calls of desks; every one of them refuses a device that is no desk."""

    def __init__(self, county: County) -> None:
        self._county = county
        self._contacts = Contacts(county.storage, county.now)

    def sync(self, device: Device, request: SyncRequest) -> SyncReply:
        """Take in what the desk sends and answer with what was decided."""
        desk = desk_of(device)
        if request.batch is not None or (request.witness is not None and request.witness.total):
            self._county.check_room()
            self._county.handing_over.note()
        reply = self._county.ledger.sync(desk, request)
        self._contacts.note(desk, request, reply)
        if request.log is not None and reply.epoch == request.epoch:
            reply = replace(reply, log=self._county.logs.take(desk, request.log))
        if request.edition is not None and reply.epoch == request.epoch:
            reply = replace(reply, edition=self._county.editions.tell(desk, request.edition))
        return reply

    def digest(self, device: Device, bucket: int | None) -> DigestReply:
        """Return the digests of a township's buckets, or the heads of one."""
        heads = self._county.ledger.heads(desk_of(device).township, bucket)
        if bucket is not None:
            return DigestReply(heads=heads)
        digests: dict[int, HeadDigest] = {}
        for head in heads:
            place = bucket_of(head.record)
            digests[place] = digests.get(place, HeadDigest()).with_head(head.record, head.revision)
        return DigestReply(tuple(BucketDigest(place, one.value, one.heads) for place, one in sorted(digests.items())))

    def missing_attachments(self, device: Device, asked: Hashes) -> Hashes:
        """Return those of the hashes that the desk's township has not sent; what others sent is not told."""
        township = desk_of(device).township
        missing = self._county.ledger.missing_attachments(township, (name.hex() for name in asked.hashes))
        return Hashes(tuple(bytes.fromhex(name) for name in missing))

    def attachment_progress(self, device: Device, sha256: str) -> tuple[int, bool]:
        """Return how many bytes have arrived from the desk's township, and whether that is all."""
        return self._county.attachments.progress(desk_of(device).township, sha256)

    def take_attachment(self, device: Device, sha256: str, start: int, total: int, content: bytes) -> tuple[int, bool]:
        """Keep a range; returns how many bytes have arrived then, and whether that is all.

        Raises:
            BadRequest: no record of the desk's township names this attachment; the county keeps nothing else.
        """
        township = desk_of(device).township
        if not self._county.attachments.is_named(township, sha256):
            raise BadRequest("no record names this attachment", sha256=sha256)
        self._county.check_room()
        self._county.handing_over.note()
        return self._county.attachments.take(township, sha256, start, total, content, device.id)

    def read_attachment(self, device: Device, sha256: str, start: int, size_bytes: int) -> tuple[bytes, int]:
        """Return a range and the whole length of an attachment that the desk's township names and sent."""
        return self._county.attachments.read(desk_of(device).township, sha256, start, size_bytes)


def desk_of(device: Device) -> Desk:
    """Return the desk that a device is.

    Raises:
        NotAllowed: it is a person's.
    """
    if device.role != Role.DESK.value:
        raise NotAllowed("for desks", role=device.role)
    return Desk(registry.holder_of(device), registry.signer_of(device))
