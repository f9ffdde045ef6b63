"""Enrolling this device with a county, by a one-time code that names the county's authority."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from requests.structures import CaseInsensitiveDict

from sync.client.session import CONNECT_S, Credentials, LineSession, check_mark, read_trouble
from sync.contract.certificates import Role, check_issued, read_certificate
from sync.contract.decisions import certificate_bytes
from sync.contract.enrolment import EnrolReply, EnrolRequest, pin_of, prove, read_code
from sync.contract.errors import NotTheCounty, Offline, SealBroken
from sync.contract.leases import NumbersAsked, NumbersTold
from sync.contract.messages import Hello
from sync.contract.revisions import DeviceId, TownshipId
from sync.contract.wire import MOST_PACKED_BYTES, agree_version, unpack


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a device holds after enrolment; belongs into the encrypted archive, all of it.

    Args:
        township: None for staff.
        name: of the township for a desk, of the person for staff.
        line_key, line_certificate: for TLS.
        signing_certificate: over the key that signs batches (desk) or decisions (staff).
    """

    device: DeviceId
    role: Role
    name: str
    township: TownshipId | None
    county: str
    epoch: str
    address: str
    line_key: bytes
    line_certificate: bytes
    signing_certificate: bytes
    authority: bytes

    @property
    def credentials(self) -> Credentials:
        """What the device shows on the line."""
        key = serialization.load_der_private_key(self.line_key, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("a line key is on P-256")
        return Credentials(key, read_certificate(self.line_certificate))

    def open_session(self) -> LineSession:
        """Return a session with the county."""
        return LineSession(self.address, read_certificate(self.authority), self.credentials)


def enrol(
    address: str, code: str, signing_key: Ed25519PrivateKey, numbers: NumbersAsked | None = None
) -> tuple[Enrolment, NumbersTold | None]:
    """Return the enrolment that the code stands for; nothing of the code is sent before its pin has fitted.

    Args:
        numbers: of a desk, the archive numbers it gave so far; what the county says to them is returned too.
    Raises:
        WrongCode: mistyped, used, expired or unknown.
        NotTheCounty: who answers is not the county that the code names.
        Offline: nobody answers.
    """
    known = read_code(code)
    authority = _find_authority(address, known.pin)
    line_key = ec.generate_private_key(ec.SECP256R1())
    request = make_request(line_key)
    public = signing_key.public_key().public_bytes_raw()
    asked = EnrolRequest(known.id, request, public, prove(known.secret, request, public), numbers)
    session = LineSession(address, authority, None)
    try:
        given = session.ask("POST", "/v1/enrol", EnrolReply, asked)
    finally:
        session.close()
    return _checked(given, authority, address, line_key, public), given.numbers


def _find_authority(address: str, pin: bytes) -> x509.Certificate:
    """Return the authority that the county shows, if it is the one the code names."""
    hello = _say_hello(address)
    agree_version(hello.oldest, hello.newest)
    authority = read_certificate(hello.authority)
    if pin_of(authority) != pin:
        raise NotTheCounty("not the authority that the code names")
    return authority


def _say_hello(address: str) -> Hello:
    """Return what whoever answers says of itself; nothing of it is believed before its pin has fitted.

    Plain http.client: requests has no way to leave a certificate unverified that does not warn about it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    place = urlsplit(address)
    connection = HTTPSConnection(place.hostname or "", place.port, timeout=CONNECT_S, context=context)
    try:
        connection.request("GET", "/v1/hello")
        answer = connection.getresponse()
        content = answer.read(MOST_PACKED_BYTES)
    except (OSError, HTTPException) as error:
        raise Offline("the county cannot be reached") from error
    finally:
        connection.close()
    check_mark(answer.status, CaseInsensitiveDict(answer.headers.items()), content)
    if answer.status != 200:
        raise read_trouble(answer.status, content)
    return unpack(Hello, content)


def make_request(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a certificate request (DER) for a key; the county writes the subject itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lantai")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.DER)


def _checked(
    given: EnrolReply, authority: x509.Certificate, address: str, line_key: ec.EllipticCurvePrivateKey, public: bytes
) -> Enrolment:
    """Return the enrolment, if both certificates are the authority's, for these keys and one holder."""
    line, signing = read_certificate(given.line_certificate), read_certificate(given.signing_certificate)
    holder = check_issued(line, authority)
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    ours = line.public_key() == line_key.public_key() and signing.public_key().public_bytes(*raw) == public
    if not ours or check_issued(signing, authority) != holder or holder.device != given.device:
        raise SealBroken("certificates of another device")
    der, pkcs8 = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
    return Enrolment(
        device=holder.device,
        role=holder.role,
        name=given.name,
        township=holder.township,
        county=given.county,
        epoch=given.epoch,
        address=address,
        line_key=line_key.private_bytes(der, pkcs8, serialization.NoEncryption()),
        line_certificate=given.line_certificate,
        signing_certificate=given.signing_certificate,
        authority=certificate_bytes(authority),
    )
