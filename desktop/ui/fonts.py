"""A typeface that can write every Chinese name: the machine's own, else the one that ships with the program."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase

from sync.contract.errors import FactoryFault

_SHIPPED_PACKAGE, _SHIPPED_FILE = "noto_cjk_sans_otc", "NotoSansCJK-Regular.ttc"


def chinese_family(wanted: Sequence[str], shipped: str) -> str:
    """Return the first wanted family the machine has; else load the shipped font and return its family.

    Raises:
        FactoryFault: neither is there, so Chinese could not be read on this machine.
    """
    for family in wanted:
        if QFontDatabase.hasFamily(family):
            return family
    # find_spec does not import the package: only the place of its file is wanted
    found = importlib.util.find_spec(_SHIPPED_PACKAGE)
    for folder in (found.submodule_search_locations or ()) if found else ():
        if QFontDatabase.addApplicationFont(str(Path(folder) / _SHIPPED_FILE)) >= 0:
            return shipped
    raise FactoryFault("no font for Chinese", package=_SHIPPED_PACKAGE)


def sized(family: str, size_px: int, weight: int) -> QFont:
    """Return that family at a size in pixels, unhinted, so that the picture is the same at every scale."""
    font = QFont(family)
    font.setPixelSize(size_px)
    font.setWeight(QFont.Weight(weight))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font
