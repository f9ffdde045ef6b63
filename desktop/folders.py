"""Where this person's archives lie (数据文件夹)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import platformdirs

OFFICE: Final = "office"
PRACTICE: Final = "practice"


def data_folder() -> Path:
    """Return where this person's archives lie unless another folder is named."""
    return Path(platformdirs.user_data_dir("Lantai", appauthor=False))
