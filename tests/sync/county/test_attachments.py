"""Attachments in the county's folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.county.attachments import Attachments
from sync.county.storage import Storage
from tests.sync.contract.office import NOW
from tests.sync.county.attachment_suite import AttachmentSuite


class TestInAFolder(AttachmentSuite):
    @pytest.fixture
    def attachments(self, tmp_path: Path) -> Iterator[Attachments]:
        storage = Storage(tmp_path, bytes(range(32)), None, lambda: NOW)
        storage.create("e" * 32)
        yield Attachments(storage, tmp_path / "attachments", lambda: NOW)
        storage.close()
