"""A county with all that an officer looks after: a township that is waited for, a dispute, a log that became shorter.

All of it comes about as on the line: revisions and decisions arrive as a desk's witness, signed by the county's own staff.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.enrolment import make_request
from sync.contract.certificates import Holder, Role, read_certificate, read_holder
from sync.contract.decisions import Decision, DecisionKind, SignedDecision, sign_decision
from sync.contract.enrolment import EnrolReply, EnrolRequest, prove
from sync.contract.messages import SyncRequest, Witness, send_revision
from sync.contract.revisions import RecordId, Revision, TownshipId
from sync.contract.taking_back import SignedTakeBack, TakeBack, sign_take_back
from sync.contract.witnesses import witness_list_id
from sync.county.service import County
from sync.ledger import Desk
from tests.sync.contract.office import new_uuid, put
from tests.sync.county.witnessed import WitnessedDesk

TOWN, AWAY = TownshipId("339921104"), TownshipId("339921105")
FIELDS = {
    "cert_no": "J339921-2016-000010", "reg_date": "二〇一六年二月二十七日", "office": "云泽县民政局婚姻登记处",
    "husband.name": "何晨", "husband.id_no": "339921198903080032", "husband.status_before": "未婚",
    "wife.name": "陈思", "wife.id_no": "339921199103070025", "wife.status_before": "未婚", "author": "云泽县民政局",
    "type": "初婚", "security": "公开", "access": "开放", "medium": "纸质",
}  # fmt: skip
PAPERS = ("review_form", "declaration", "id_copies", "household_copies", "photo")


@dataclass(frozen=True, slots=True)
class Troubled:
    """What waits: the record in dispute, the desk whose log is in doubt, the desk that never came."""

    record: RecordId
    log: WitnessedDesk
    away: WitnessedDesk


class CountyPerson:
    """A member of staff, enrolled in the county's own process."""

    def __init__(
        self, county: County, name: str = "赵敏", role: Role = Role.OFFICER, town: TownshipId | None = None
    ) -> None:
        self.key, self._county = Ed25519PrivateKey.generate(), county
        code = county.new_code(role, name, town, 72)
        request, public = (
            make_request(ec.generate_private_key(ec.SECP256R1())),
            self.key.public_key().public_bytes_raw(),
        )
        self.given: EnrolReply = county.enrol(
            EnrolRequest(code.id, request, public, prove(code.secret, request, public))
        )

    @property
    def desk(self) -> Desk:
        """This person as a desk of the township that was named."""
        signer = read_certificate(self.given.signing_certificate)
        return Desk(read_holder(signer), signer)

    @property
    def desk_holder(self) -> Holder:
        """Who this person is."""
        return read_holder(read_certificate(self.given.signing_certificate))

    def sign(self, decision: Decision) -> SignedDecision:
        return sign_decision(decision, self.given.signing_certificate, self._county.now(), self.key)

    def take_back(self, *decisions: Decision) -> SignedTakeBack:
        said = TakeBack(decisions[0].township, tuple(sorted(one.id for one in decisions)))
        return sign_take_back(said, self.given.signing_certificate, self._county.now(), self.key)


def marriage(**changed: str) -> dict[str, object]:
    """A marriage as a desk files it, its missing papers excused."""
    fields = FIELDS | {key.replace("__", "."): text for key, text in changed.items()}
    body = {"layout": 1, "kind": "marriage", "kind_version": 1, "origin": "paper", "title": "何晨、陈思 结婚"}
    body |= {"fields": fields, "reasons": {f"papers.{paper}": "原卷散失" for paper in PAPERS}, "number": ""}
    filed = {"by": "陈晓兰", "at": "2026-03-01T02:00:00+00:00"}
    return body | {"papers": [], "attachments": [], "normal": {}, "filed": filed}


def trouble(county: County, folder: Path) -> Troubled:
    """Everything stands in the county as `Troubled` says."""
    county.ledger.take_new_epoch("7" * 32)
    desk = WitnessedDesk(county, folder / "desk", TOWN, "白石镇")
    away = WitnessedDesk(county, folder / "away", AWAY, "青溪乡")
    record = _dispute(county, desk)
    desk.act(5)
    desk.send()
    desk.send(replace(desk.say(), known=0, size=2, nodes=b""))
    return Troubled(record, desk, away)


def _dispute(county: County, desk: WitnessedDesk) -> RecordId:
    first, second = CountyPerson(county, "周敏", Role.REVIEWER), CountyPerson(county, "吴志远", Role.REVIEWER)
    record = RecordId(new_uuid(random.Random(42)))
    base = put(record, marriage())
    one = put(record, marriage(wife__name="陈偲", cert_no="J339921-2016-000011"), base.id)
    other = put(record, marriage(wife__name="陈恩", office="云泽县民政局"), base.id)
    accepted = Decision(TOWN, record, DecisionKind.ACCEPTED, base.id, base.id, ())
    said = [first.sign(accepted)]
    for person, made in ((first, one), (second, other)):
        said.append(person.sign(Decision(TOWN, record, DecisionKind.COUNTY, made.id, made.id, (accepted.id,))))
    _witness(county, desk, [base, one, other], said)
    return record


def _witness(county: County, desk: WitnessedDesk, revisions: list[Revision], decisions: list[SignedDecision]) -> None:
    epoch = county.ledger.epoch
    names = [*(one.id for one in revisions), *(one.decision.id for one in decisions)]
    sent = tuple(send_revision(one) for one in revisions)
    run = Witness(witness_list_id(epoch, names), 0, len(names), sent, tuple(decisions))
    county.ledger.sync(desk.desk, SyncRequest(epoch, 0, b"", witness=run))
