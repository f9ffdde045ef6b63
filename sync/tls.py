"""Putting a key held in memory under TLS.

OpenSSL takes keys from files only. The file is encrypted under a passphrase that lives as long as the call, readable by
its owner alone, and gone when the call returns, whatever happens in it.
"""

from __future__ import annotations

import os
import secrets
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME


def carry_key(context: ssl.SSLContext, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    """The context shows the certificate and can prove that it holds the key."""
    passphrase = secrets.token_hex(32)
    sealed = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    whole = certificate.public_bytes(serialization.Encoding.PEM) + sealed
    handle, name = tempfile.mkstemp(prefix="lantai-", suffix=".pem")  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(whole)
        context.load_cert_chain(name, password=passphrase)
    finally:
        Path(name).unlink()


def trust_only(context: ssl.SSLContext, authority: x509.Certificate) -> None:
    """No authority but this one is believed."""
    context.load_verify_locations(cadata=authority.public_bytes(serialization.Encoding.DER))
    context.minimum_version = ssl.TLSVersion.TLSv1_3


def ignore_clock(context: ssl.SSLContext) -> None:
    """Certificates are judged without this machine's clock, which may stand years wrong on a PC with a dead battery.

    The county judges a device's certificate by its own clock and by its list of devices.
    """
    context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
