"""What a certificate of the county's authority says about its holder, and how signatures are checked against it.

Two kinds are given at enrolment: a line certificate (P-256, for TLS) and a signing certificate (Ed25519, for batches
and decisions). Holder, role and township stand in the subject, never beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import NameOID

from sync.contract.errors import BadRequest, SealBroken
from sync.contract.revisions import DeviceId, TownshipId


class Role(StrEnum):
    """What the county let the holder of a certificate do on the line."""

    DESK = "desk"
    REVIEWER = "reviewer"
    OFFICER = "officer"
    AUDITOR = "auditor"


DECIDING_ROLES: Final = frozenset({Role.REVIEWER, Role.OFFICER})


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a certificate names: a desk of a township, or a person at the county."""

    device: DeviceId
    role: Role
    name: str
    township: TownshipId | None


def subject_of(holder: Holder, county: str) -> x509.Name:
    """Return the subject that `read_holder` reads back."""
    attributes = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, county[:64]),
        x509.NameAttribute(NameOID.TITLE, holder.role.value),
        x509.NameAttribute(NameOID.COMMON_NAME, holder.name[:64]),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, holder.device),
    ]
    if holder.township is not None:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, holder.township))
    return x509.Name(attributes)


def read_holder(certificate: x509.Certificate) -> Holder:
    """Return whom a certificate names.

    Raises:
        BadRequest: it is not one of ours.
    """
    try:
        township = _attribute(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)
        return Holder(
            device=DeviceId(_attribute(certificate, NameOID.SERIAL_NUMBER) or ""),
            role=Role(_attribute(certificate, NameOID.TITLE) or ""),
            name=_attribute(certificate, NameOID.COMMON_NAME) or "",
            township=None if township is None else TownshipId(township),
        )
    except ValueError as error:
        raise BadRequest("certificate of another kind") from error


def _attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str | None:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else None


def read_certificate(der: bytes) -> x509.Certificate:
    """Return a certificate from its DER bytes.

    Raises:
        BadRequest: the bytes are no certificate.
    """
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise BadRequest("not a certificate") from error


def check_issued(certificate: x509.Certificate, authority: x509.Certificate, at: datetime | None = None) -> Holder:
    """Return the holder; the authority signed the certificate and, if a time is given, it was valid then.

    Raises:
        SealBroken: another authority, or another time.
    """
    key = authority.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or certificate.issuer != authority.subject:
        raise SealBroken("certificate of another authority")
    try:
        key.verify(certificate.signature, certificate.tbs_certificate_bytes, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise SealBroken("certificate") from error
    if at is not None and not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise SealBroken("certificate not valid at that time")
    return read_holder(certificate)


def sign_bytes(key: Ed25519PrivateKey, digest: bytes) -> bytes:
    """Return the Ed25519 signature over a digest that `hash_parts` made for one purpose."""
    return key.sign(digest)


def check_signature(certificate: x509.Certificate, signature: bytes, digest: bytes) -> None:
    """The holder of the signing certificate signed the digest.

    Raises:
        SealBroken: somebody else did, or other bytes were signed.
    """
    key = certificate.public_key()
    if not isinstance(key, Ed25519PublicKey):
        raise SealBroken("certificate is not for signing")
    try:
        key.verify(signature, digest)
    except InvalidSignature as error:
        raise SealBroken("signature") from error
