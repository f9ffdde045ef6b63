"""docs/keys.md says every key that a page shows at its foot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from desktop.ui.pages.approvals import ApprovalsPage
from desktop.ui.pages.audit import AuditPage
from desktop.ui.pages.backup import BackupPage
from desktop.ui.pages.board import BoardPage
from desktop.ui.pages.catalogue import CataloguePage
from desktop.ui.pages.checks import ChecksPage
from desktop.ui.pages.conflict import ConflictPage
from desktop.ui.pages.duplicates import DuplicatesPage
from desktop.ui.pages.editions import EditionsPage
from desktop.ui.pages.export import ExportPage
from desktop.ui.pages.extract import ExtractPage
from desktop.ui.pages.help import HelpPage
from desktop.ui.pages.importing import ImportPage
from desktop.ui.pages.inbox import InboxPage
from desktop.ui.pages.lesson import LessonPage
from desktop.ui.pages.log import LogPage
from desktop.ui.pages.numbers import NumbersPage
from desktop.ui.pages.one_window import OneWindowPage
from desktop.ui.pages.page import Page
from desktop.ui.pages.persons import PersonsPage
from desktop.ui.pages.received import ReceivedPage
from desktop.ui.pages.reconcile import ReconcilePage
from desktop.ui.pages.register import RegisterPage
from desktop.ui.pages.retention import RetentionPage
from desktop.ui.pages.review import ReviewPage
from desktop.ui.pages.search import SearchPage
from desktop.ui.pages.settings import SettingsPage
from desktop.ui.pages.sync import SyncPage
from desktop.ui.pages.today import TodayPage
from desktop.ui.pages.users import UsersPage
from desktop.ui.pages.volumes import VolumesPage
from desktop.ui.pages.witness import WitnessPage

WRITTEN = (Path(__file__).parents[3] / "docs" / "keys.md").read_text(encoding="utf-8")
PAGES = {
    "today": TodayPage,
    "numbers": NumbersPage,
    "one_window": OneWindowPage,
    "extract": ExtractPage,
    "help": HelpPage,
    "settings": SettingsPage,
    "register": RegisterPage,
    "inbox": InboxPage,
    "catalogue": CataloguePage,
    "search": SearchPage,
    "sync": SyncPage,
    "review": ReviewPage,
    "received": ReceivedPage,
    "reconcile": ReconcilePage,
    "retention": RetentionPage,
    "board": BoardPage,
    "checks": ChecksPage,
    "conflict": ConflictPage,
    "duplicates": DuplicatesPage,
    "editions": EditionsPage,
    "export": ExportPage,
    "audit": AuditPage,
    "approvals": ApprovalsPage,
    "import": ImportPage,
    "lesson": LessonPage,
    "log": LogPage,
    "backup": BackupPage,
    "users": UsersPage,
    "persons": PersonsPage,
    "volumes": VolumesPage,
    "witness": WitnessPage,
}


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_key_at_the_foot_of_a_page_is_written_down(name: str) -> None:
    page: type[Page] = PAGES[name]
    section = re.search(rf"`page:{name}`\n(.*?)(?=\n## |\Z)", WRITTEN, re.DOTALL)
    assert section, name
    keys = {line.split("|")[1].strip() for line in section[1].splitlines() if line.startswith("|")}
    assert {cap for cap, _does in (*page.KEYS, *page.NARROW_KEYS)} <= keys


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_narrow_window_shows_a_part_of_the_same_keys(name: str) -> None:
    assert set(PAGES[name].NARROW_KEYS) <= set(PAGES[name].KEYS)


def test_the_keys_of_every_step_of_an_import_are_written_down() -> None:
    section = re.search(r"`page:import`\n(.*?)(?=\n## |\Z)", WRITTEN, re.DOTALL)
    assert section
    keys = {line.split("|")[1].strip() for line in section[1].splitlines() if line.startswith("|")}
    assert {cap for cap, _does in (*ImportPage.COLUMN_KEYS, *ImportPage.TRIAL_KEYS)} <= keys
