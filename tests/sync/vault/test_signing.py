"""Signatures, and the form that a stranger checks with minisign."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sync.contract.errors import SealBroken
from sync.vault.signing import PublicKey, SigningKey, new_digest, sign_detached, verify_detached

COMMENT = "timestamp:1772400000\tfile:copy.tar.age".replace("\t", " ")
minisign = pytest.mark.skipif(shutil.which("minisign") is None, reason="minisign is not installed (Debian: minisign)")


def digest_of(content: bytes):
    digest = new_digest()
    digest.update(content)
    return digest


def test_a_signature_holds_for_its_bytes_and_its_key_only():
    key = SigningKey.new()
    signature = key.sign(b"batch")
    key.public.verify(b"batch", signature)
    for public, signed, made in (
        (key.public, b"botch", signature),
        (SigningKey.new().public, b"batch", signature),
        (key.public, b"batch", signature[:-1]),
    ):
        with pytest.raises(SealBroken):
            public.verify(signed, made)


def test_the_secret_is_not_shown_when_a_key_is_printed():
    key = SigningKey.new()
    assert key.seed.hex() not in repr(key)
    assert repr(key.seed) not in repr(key)


def test_a_detached_signature_gives_back_its_comment():
    key = SigningKey.new()
    assert verify_detached(key.public, digest_of(b"copy"), sign_detached(key, digest_of(b"copy"), COMMENT)) == COMMENT


@pytest.mark.parametrize("change", [("copy.tar", "other.tar"), ("RU", "RW"), ("trusted comment: t", "comment: t")])
def test_a_changed_signature_file_is_refused(change):
    key = SigningKey(bytes(range(32)))
    text = sign_detached(key, digest_of(b"copy"), COMMENT)
    assert change[0] in text
    with pytest.raises(SealBroken):
        verify_detached(key.public, digest_of(b"copy"), text.replace(*change))


@pytest.mark.parametrize("text", ["", "a\nb", "a\n!!!!\nc\nd", "\n\n\n\n"])
def test_what_is_not_a_signature_file_is_refused(text: str):
    with pytest.raises(SealBroken):
        verify_detached(SigningKey.new().public, digest_of(b"copy"), text)


def test_a_public_key_file_is_read_back():
    key = SigningKey.new()
    assert PublicKey.from_minisign(key.public.to_minisign()) == key.public
    with pytest.raises(SealBroken):
        PublicKey.from_minisign("untrusted comment: x\nRWQ=\n")


@minisign
def test_minisign_accepts_our_signature_and_refuses_other_bytes(tmp_path: Path):
    key = SigningKey.new()
    signed = tmp_path / "copy.tar.age"
    signed.write_bytes(b"sealed" * 1000)
    (tmp_path / "copy.tar.age.minisig").write_text(sign_detached(key, digest_of(b"sealed" * 1000), COMMENT))
    (tmp_path / "office.pub").write_text(key.public.to_minisign())
    command = ["minisign", "-V", "-m", str(signed), "-p", str(tmp_path / "office.pub")]
    accepted = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (accepted.returncode, COMMENT in accepted.stdout) == (0, True), accepted.stderr
    signed.write_bytes(b"sealed" * 1000 + b"!")
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


@minisign
def test_our_side_accepts_what_minisign_signed(tmp_path: Path):
    signed = tmp_path / "notice"
    signed.write_bytes(b"notice")
    keys = ["-p", str(tmp_path / "k.pub"), "-s", str(tmp_path / "k.sec")]
    subprocess.run(["minisign", "-G", "-W", *keys], check=True, capture_output=True)
    subprocess.run(
        ["minisign", "-S", "-H", "-s", keys[3], "-m", str(signed), "-t", COMMENT], check=True, capture_output=True
    )
    public = PublicKey.from_minisign((tmp_path / "k.pub").read_text())
    assert verify_detached(public, digest_of(b"notice"), (tmp_path / "notice.minisig").read_text()) == COMMENT
