"""A small office of invented people for tests: an authority, a desk and a reviewer, with real keys."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.contract.certificates import Holder, Role, subject_of
from sync.contract.decisions import Decision, SignedDecision, certificate_bytes, sign_decision
from sync.contract.revisions import (
    ChangeKind,
    DeviceId,
    RecordId,
    Revision,
    RevisionId,
    TownshipId,
    canonical_bytes,
)
from sync.contract.taking_back import SignedTakeBack, TakeBack, sign_take_back

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TOWNSHIP = TownshipId("339921102")
FOREVER = timedelta(days=10_000)


def new_uuid(draw: random.Random) -> str:
    """Return an invented UUIDv7."""
    bits = draw.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | (7 << 76) | (2 << 62)
    return str(UUID(int=bits))


def put(record: RecordId, body: dict[str, object], *parents: RevisionId, kind: ChangeKind = ChangeKind.PUT) -> Revision:
    return Revision(record, parents, kind, canonical_bytes(body))


class Office:
    """A county's authority and the people under it."""

    def __init__(self, seed: int = 1) -> None:
        self.draw = random.Random(seed)
        self.authority_key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "云泽县民政局")])
        self.authority = self._issue(self._name, self.authority_key.public_key())
        self.desk = Holder(DeviceId(new_uuid(self.draw)), Role.DESK, "青石镇", TOWNSHIP)
        self.desk_key, self.desk_certificate = self.give(self.desk)
        self.reviewer = Holder(DeviceId(new_uuid(self.draw)), Role.REVIEWER, "周敏", None)
        self.reviewer_key, self.reviewer_certificate = self.give(self.reviewer)

    def give(self, holder: Holder) -> tuple[Ed25519PrivateKey, x509.Certificate]:
        """Return a signing key and the certificate over it."""
        key = Ed25519PrivateKey.generate()
        return key, self._issue(subject_of(holder, "云泽县民政局"), key.public_key())

    def _issue(self, subject: x509.Name, key: ec.EllipticCurvePublicKey | Ed25519PublicKey) -> x509.Certificate:
        builder = x509.CertificateBuilder(self._name, subject, key, x509.random_serial_number())
        builder = builder.not_valid_before(NOW - FOREVER).not_valid_after(NOW + FOREVER)
        return builder.sign(self.authority_key, hashes.SHA256())

    def new_record(self) -> RecordId:
        return RecordId(new_uuid(self.draw))

    def sign(self, decision: Decision) -> SignedDecision:
        return sign_decision(decision, certificate_bytes(self.reviewer_certificate), NOW, self.reviewer_key)

    def take_back(self, *decisions: Decision) -> SignedTakeBack:
        """Return the reviewer's word that these shall not stand."""
        said = TakeBack(decisions[0].township, tuple(sorted(one.id for one in decisions)))
        return sign_take_back(said, certificate_bytes(self.reviewer_certificate), NOW, self.reviewer_key)
