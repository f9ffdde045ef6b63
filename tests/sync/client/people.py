"""A desk and a reviewer enrolled with a real county, over the real line."""

from __future__ import annotations

import random
import time
from hashlib import sha256
from itertools import count

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.enrolment import Enrolment, enrol
from sync.client.exchange import Exchange, Outcome
from sync.client.staff import Staff
from sync.contract.batches import BatchId
from sync.contract.certificates import Role
from sync.contract.errors import CountyBusy
from sync.contract.revisions import Revision, RevisionId, TownshipId
from sync.ledger.memory_township import MemoryTownshipLedger
from tests.sync.contract.office import new_uuid, put
from tests.sync.county_process import CountyProcess

_seeds = count(7)


def _enrolled(county: CountyProcess, code: str, key: Ed25519PrivateKey) -> Enrolment:
    """Enrol, coming back when the county says: it answers few strangers in a while, and all people here have one
    address.
    """
    while True:
        try:
            return enrol(county.address, code, key)[0]
        except CountyBusy as busy:
            time.sleep(busy.facts["retry_after_s"])


class DeskPerson:
    """A clerk with a desk."""

    def __init__(self, county: CountyProcess, township: str = "339921102", name: str = "青石镇") -> None:
        self.draw = random.Random(next(_seeds))  # no two desks make the same ids
        self.key = Ed25519PrivateKey.generate()
        self.enrolment = _enrolled(county, county.code_for_desk(township, name), self.key)
        self.ledger = MemoryTownshipLedger(TownshipId(township), self.enrolment.device, self.key)
        self.session = self.enrolment.open_session()

    def file(self, text: str, *parents: Revision, attachments: tuple[bytes, ...] = (), bulk: int = 0) -> Revision:
        record = parents[0].record_id if parents else new_uuid(self.draw)
        named = [{"sha256": sha256(content).hexdigest(), "size": len(content)} for content in attachments]
        body = a_document(text) | ({"attachments": named} if named else {})
        body["recognised"] = self.draw.randbytes(bulk).hex()  # does not compress away
        revision = put(record, body, *[RevisionId(parent.id) for parent in parents])
        self.ledger.file(revision, attachments)
        return revision

    def seal(self) -> None:
        self.ledger.seal(BatchId(new_uuid(self.draw)))

    def exchange(self) -> Outcome:
        return Exchange(self.ledger, self.session).run()


def a_document(text: str) -> dict[str, object]:
    """A body that the shipped kind «document» has nothing against."""
    fields = {"subject": text, "type": "通知", "issued": "2020年3月2日", "author": "青石镇人民政府"}
    fields |= {"security": "公开", "access": "开放", "medium": "纸质"}
    reasons = {"papers.body": "原件缺失"}
    body = {"layout": 1, "kind": "document", "kind_version": 1, "origin": "paper", "title": text}
    return body | {"fields": fields, "reasons": reasons}


class Reviewer:
    """A reviewer with a PC, or an officer."""

    def __init__(self, county: CountyProcess, name: str = "周敏", role: Role = Role.REVIEWER) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.enrolment = _enrolled(county, county.code_for_staff(role, name), self.key)
        self.session = self.enrolment.open_session()
        self.staff = Staff(self.session, self.enrolment.device, self.enrolment.signing_certificate, self.key)
