"""What an exchange needs of a desk's audit log (日志见证); docs/audit.md, section 3."""

from __future__ import annotations

from typing import Final, Protocol

from sync.contract.log_heads import LogSaid, LogTold


class LogKeeper(Protocol):
    """Says where a desk's log stands, and hears what the county saw of it."""

    def said(self) -> LogSaid | None:
        """Return what is to be said; None if nothing is."""
        ...

    def hear(self, asked: LogSaid, told: LogTold) -> bool:
        """What the county answered to that is known, unless it came too late; tells whether it is to be said again."""
        ...


class NoLog:
    """Of a desk without a log, as in memory."""

    def said(self) -> LogSaid | None:
        return None

    def hear(self, asked: LogSaid, told: LogTold) -> bool:
        return False


NO_LOG: Final = NoLog()
