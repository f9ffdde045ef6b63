"""The county's own certificate authority: nobody else is trusted on the line."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sync.contract.certificates import Holder, subject_of
from sync.contract.errors import BadRequest

AUTHORITY_DAYS: Final = 365 * 20
DEVICE_DAYS: Final = 400
_GRACE: Final = timedelta(days=1)  # for clocks that are a little off

PublicKey = ec.EllipticCurvePublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority's key and certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    county: str

    def issue_line(self, holder: Holder, request: bytes, now: datetime) -> x509.Certificate:
        """Return a line certificate for the P-256 key in a certificate request (DER); its subject is ours to write.

        Raises:
            BadRequest: no sound request, or another kind of key.
        """
        key = _requested_key(request)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = _builder(subject_of(holder, self.county), self.certificate.subject, key, now, DEVICE_DAYS)
        return self._sign(builder.add_extension(usage, critical=True))

    def issue_signing(self, holder: Holder, public: bytes, now: datetime) -> x509.Certificate:
        """Return a signing certificate for a raw Ed25519 key, good for as long as signatures must be checked."""
        if len(public) != 32:
            raise BadRequest("not an Ed25519 key")
        key = Ed25519PublicKey.from_public_bytes(public)
        builder = _builder(subject_of(holder, self.county), self.certificate.subject, key, now, AUTHORITY_DAYS)
        return self._sign(builder.add_extension(_usage(digital_signature=True), critical=True))

    def issue_server(self, hosts: Iterable[str], now: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """Return a fresh key and certificate for the server under these names and addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lantai county")])
        names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = _builder(name, self.certificate.subject, key.public_key(), now, DEVICE_DAYS)
        return key, self._sign(builder.add_extension(names, critical=False).add_extension(usage, critical=True))

    def _sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return builder.add_extension(identifier, critical=False).sign(self.key, hashes.SHA256())

    def key_bytes(self) -> bytes:
        """Return the private key for the encrypted file."""
        return self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def new_authority(county: str, now: datetime) -> Authority:
    """Return an authority with a fresh key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, county[:64])])
    builder = _builder(name, name, key.public_key(), now, AUTHORITY_DAYS, is_authority=True)
    builder = builder.add_extension(_usage(key_cert_sign=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return Authority(key, builder.sign(key, hashes.SHA256()), county)


def open_authority(key: bytes, certificate: bytes, county: str) -> Authority:
    """Return the authority from the bytes it is kept in."""
    loaded = serialization.load_der_private_key(key, password=None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is on P-256")
    return Authority(loaded, x509.load_der_x509_certificate(certificate), county)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PublicKey, now: datetime, days: int, *, is_authority: bool = False
) -> x509.CertificateBuilder:
    constraints = x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None)
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    builder = builder.not_valid_before(now - _GRACE).not_valid_after(now + timedelta(days=days))
    return builder.add_extension(constraints, critical=True)


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature, content_commitment=digital_signature, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=key_cert_sign, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _requested_key(request: bytes) -> ec.EllipticCurvePublicKey:
    try:
        asked = x509.load_der_x509_csr(request)
        sound = asked.is_signature_valid
    except (ValueError, InvalidSignature) as error:
        raise BadRequest("not a certificate request") from error
    key = asked.public_key()
    if not sound or not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadRequest("a line certificate is for a P-256 key")
    return key


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
