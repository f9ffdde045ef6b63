"""Attachments in a store of objects that speaks S3 (对象存储): the same sealed bytes as in a folder, each an object that is never written over.

Who may come in is told by the environment in the way of AWS (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL_S3`, …; docs/county.md, section 7),
so that no secret stands on a command line. boto3 is imported at the first object.
"""

from __future__ import annotations

import io
import os
import secrets
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, BinaryIO, Final, cast
from urllib.parse import urlsplit

from sync.contract.errors import BadRequest, LantaiError, Offline, SealBroken
from sync.vault.sealed_files import CHUNK_BYTES, Sealed, Sink

SCHEME: Final = "s3"
CLAIM: Final = "lantai-county"
"""The object that says which county a prefix belongs to."""
SPOOL_BYTES: Final = 8 * 1024 * 1024  # a scan is smaller; a larger one waits sealed on the disk until it is sent
_BUFFER_BYTES: Final = CHUNK_BYTES + 1024  # a page of up to 1 MiB comes in one answer
_ATTEMPTS: Final = 3
_AWAY: Final = frozenset({"NoSuchKey", "404", "NotFound"})
_THERE_ALREADY: Final = frozenset({"PreconditionFailed", "412"})


class SealedObjects(Sealed):
    """One county's attachments under a prefix of a bucket.

    Args:
        address: `s3://bucket/prefix`.
    Raises:
        BadRequest: another address. Offline, from every call: the store cannot be reached, or does not let us in.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        parts = urlsplit(address)
        if parts.scheme != SCHEME or not parts.netloc or parts.query or parts.fragment:
            raise BadRequest("attachments lie in s3://bucket/prefix", address=address)
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/")

    def claim(self) -> str:
        """The prefix is this county's from now on; returns a word that proves it. Raises BadRequest: it is somebody's."""
        word = secrets.token_hex(16)
        try:
            self._put(self._named(CLAIM), io.BytesIO(word.encode()))
        except SealBroken as error:
            raise BadRequest("attachments of a county lie under this address: choose another prefix") from error
        return word

    def check_claim(self, word: str) -> None:
        """Raises BadRequest: the prefix is another county's, or nobody's."""
        with _naming(), self._get(self._named(CLAIM), "") as (body, _):
            if body.read().decode(errors="replace") == word:
                return
        raise BadRequest("under this address lie the attachments of another county")

    def remove(self, file_id: bytes) -> None:
        with _naming():
            self._client.delete_object(Bucket=self._bucket, Key=self._key(file_id))

    def sweep(self, known_ids: Collection[bytes], *, before: datetime) -> int:
        swept = 0
        for key, file_id, written_at in self._listed():
            if file_id not in known_ids and written_at < before:
                with _naming():
                    self._client.delete_object(Bucket=self._bucket, Key=key)
                swept += 1
        return swept

    def ids(self) -> frozenset[bytes]:
        return frozenset(file_id for _, file_id, _ in self._listed())

    @contextmanager
    def _writing(self, file_id: bytes) -> Iterator[Sink]:
        with tempfile.SpooledTemporaryFile(SPOOL_BYTES) as spool:  # of sealed bytes
            yield spool
            self._put(self._key(file_id), cast(BinaryIO, spool))

    def _opened(self, file_id: bytes) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Object(self, self._key(file_id)), _BUFFER_BYTES))

    def read_at(self, key: str, start: int, size_bytes: int) -> tuple[bytes, int]:
        """Return a range of an object and its whole length. Raises SealBroken: it is away."""
        with _naming(), self._get(key, f"bytes={start}-{start + size_bytes - 1}") as (body, total):
            return body.read(), total

    def _put(self, key: str, source: BinaryIO) -> None:
        """The object is there, all of it; one that was there stays. Raises SealBroken: and it was another."""
        source.seek(0)
        with _naming():
            try:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=source, IfNoneMatch="*")
            except Exception as error:
                if _code(error) not in _THERE_ALREADY:
                    raise
                if not self._holds(key, source):  # ours arrived, and only the answer was lost
                    raise SealBroken("another object has this name") from error

    def _holds(self, key: str, source: BinaryIO) -> bool:
        source.seek(0)
        with self._get(key, "") as (body, _):
            for block in iter(lambda: source.read(CHUNK_BYTES), b""):
                if body.read(len(block)) != block:
                    return False
            return not body.read(1)

    @contextmanager
    def _get(self, key: str, asked: str) -> Iterator[tuple[Any, int]]:
        answer = self._client.get_object(Bucket=self._bucket, Key=key, **({"Range": asked} if asked else {}))
        total = int(answer.get("ContentRange", "/0").rpartition("/")[2]) or answer["ContentLength"]
        try:
            yield answer["Body"], total
        finally:
            answer["Body"].close()

    def _listed(self) -> Iterator[tuple[str, bytes, datetime]]:
        with _naming():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._named(""))
            for page in pages:
                for one in page.get("Contents", ()):
                    name = one["Key"].rpartition("/")[2]
                    if name != CLAIM:
                        yield one["Key"], _id_of(name), one["LastModified"]

    def _key(self, file_id: bytes) -> str:
        return self._named(f"{file_id.hex()[:2]}/{file_id.hex()}")

    def _named(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    @cached_property
    def _client(self) -> Any:
        import boto3  # 0.4 s of import that only a county with a store of objects pays
        from botocore.config import Config

        needed = "when_required"  # many stores that speak S3 know nothing of the newer checksums; every chunk carries a tag of ours
        config = Config(
            request_checksum_calculation=needed,
            response_checksum_validation=needed,
            retries={"mode": "standard", "max_attempts": _ATTEMPTS},
            connect_timeout=5,
            read_timeout=30,
        )
        with _naming():
            return boto3.client(SCHEME, config=config)


class _Object(io.RawIOBase):
    """An object as something that seeks and is read; each reading is one answer of the store."""

    def __init__(self, store: SealedObjects, key: str) -> None:
        self._store, self._key = store, key
        self._at, self._total = 0, -1  # not known before the first answer

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END and self._total < 0:
            _, self._total = self._store.read_at(self._key, 0, 1)
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._total}[whence]
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        if 0 <= self._total <= self._at or not len(buffer):
            return 0
        content, self._total = self._store.read_at(self._key, self._at, len(buffer))
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


def _id_of(name: str) -> bytes:
    try:
        return bytes.fromhex(name)
    except ValueError:
        return name.encode()  # not one of ours: known to nobody


def _code(error: BaseException) -> str:
    answer = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Code", ""))


@contextmanager
def _naming() -> Iterator[None]:
    """What the store or the way to it refuses is told as one of the tree; a bug stays what it is."""
    try:
        yield
    except LantaiError:
        raise
    except Exception as error:
        if _code(error) in _AWAY:
            raise SealBroken("attachment away") from error
        if type(error).__module__.partition(".")[0] in ("botocore", "urllib3"):
            raise Offline(
                "the store of attachments does not answer", reason=_code(error) or type(error).__name__
            ) from error
        raise
