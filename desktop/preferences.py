"""How this computer's user likes the program (偏好): theme, text size, language; read before anything is painted.

They say nothing of anybody and lie plain beside the archives, in `preferences.json`; docs/preferences.md has the layout. What cannot
be read counts as not chosen: a look must never keep anybody from the archive.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

FILE: Final = "preferences.json"
LAYOUT: Final = 1
THEMES: Final = ("system", "light", "dark", "contrast")
SCALES: Final = (100, 110, 125, 150, 175, 200)
LANGUAGES: Final = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Preferences:
    """What was chosen; `scale` in per cent."""

    theme: str = "system"
    scale: int = 100
    language: str = "zh"


@dataclass
class PreferenceFile:
    """The preferences of one data folder, and what was changed since the program began, for taking it back."""

    folder: Path
    changes: list[tuple[int, str, str]] = field(default_factory=list)  # which desk, what, the value before

    def read(self) -> Preferences:
        """Return what was chosen, each as it would be without a choice where the file does not say or cannot be read."""
        try:
            said = json.loads((self.folder / FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return Preferences()
        if not isinstance(said, dict) or said.get("layout") != LAYOUT:
            return Preferences()
        allowed = {"theme": THEMES, "scale": SCALES, "language": LANGUAGES}
        return replace(Preferences(), **{key: said[key] for key, values in allowed.items() if said.get(key) in values})

    def write(self, chosen: Preferences) -> None:
        """The choice is on the disk.

        Raises:
            DiskFull, and what else the disk may say.
        """
        # Imported here: it brings SQL with it, and this module is read before the first page is painted.
        from sync.vault.whole_file import make_folder, replace_whole

        make_folder(self.folder)
        replace_whole(self.folder / FILE, json.dumps({"layout": LAYOUT, **asdict(chosen)}).encode())
