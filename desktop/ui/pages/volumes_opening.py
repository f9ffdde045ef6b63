"""What another page may ask the page of volumes for (组卷入口)."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.services.finding import Asked


@dataclass(frozen=True, slots=True)
class ToVolume:
    """A search whose whole answer is to be put into volumes."""

    asked: Asked
