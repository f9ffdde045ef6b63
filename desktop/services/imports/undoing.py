"""Taking an import back (撤销导入): every record that stands as it was filed, none that was changed or sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from desktop.archive import imports, source_rows
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from desktop.archive.imports import EntryState, Run, RunState
from desktop.services.changed import Progress
from desktop.services.imports.turns import Turn
from sync.contract.errors import Refused

BLOCK_ENTRIES: Final = 500


@dataclass(frozen=True, slots=True)
class Undone:
    """What taking a run back did: records gone, drafts gone, what stays because it was changed or sent; `rows` of a source."""

    records: int
    drafts: int
    kept: int
    whole: bool  # False: stopped on the way; the rest can be taken back later
    rows: int = 0


class ImportRuns:
    """The imports of one archive, and how each is taken back."""

    def __init__(self, archive: Archive, person: str, clock: Clock) -> None:
        self._archive = archive
        self._person = person
        self._clock = clock
        self._turn = Turn()

    def close(self) -> None:
        """What was being taken back has stopped at its next block."""
        self._turn.end()

    def all(self) -> list[Run]:
        """Return all imports, the newest first."""
        with self._archive.reading() as connection:
            return imports.runs(connection)

    def open_drafts(self, run_id: str) -> list[str]:
        """Return the drafts of an import that wait to be catalogued."""
        with self._archive.reading() as connection:
            found = imports.entries(connection, run_id, EntryState.OPEN, "", 100_000)
            alive = imports.known(connection, [one.key for one in found])
        return [one.record_uid for one in found if one.key in alive]

    def undo(self, run_id: str, progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Undone:
        """The import is taken back, in blocks; what was changed or sent since stays and is counted.

        Raises:
            Refused: no such import.
        """
        with self._archive.reading() as connection:
            run, held = imports.find(connection, run_id), imports.count(connection, run_id)
        if run is None:
            raise Refused("no such import", run=run_id)
        if run.source:
            return self._undo_source(run, progress, cancelled)
        whole = held[EntryState.FILED] + held[EntryState.OPEN]
        gone = {EntryState.FILED: 0, EntryState.OPEN: 0}
        done = 0
        with self._turn.taken(cancelled) as asked:
            for state in gone:
                after = ""
                while not asked() and (block := self._take_back(run_id, state, after)):
                    after, taken, looked = block
                    gone[state] += taken
                    done += looked
                    progress(Progress("undo", done, whole))
            return self._end(run_id, gone[EntryState.FILED], gone[EntryState.OPEN])

    def _take_back(self, run_id: str, state: EntryState, after: str) -> tuple[str, int, int] | None:
        """Take one block back; return the last key, how many are gone and how many were looked at, None behind the last."""
        with self._archive.act(self._person, self._clock()) as act:
            block = imports.entries(act.connection, run_id, state, after, BLOCK_ENTRIES)
            if not block:
                return None
            take = imports.take_back if state is EntryState.FILED else imports.drop_untouched
            taken = [one.key for one in block if take(act, one)]
            imports.mark(act, taken, EntryState.UNDONE)
            imports.mark(act, {one.key for one in block} - set(taken), EntryState.KEPT)
        return block[-1].key, len(taken), len(block)

    def _undo_source(self, run: Run, progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> Undone:
        """The rows of the delivery are gone; nothing of them is kept, since nobody works on them."""
        with self._archive.reading() as connection:
            whole = source_rows.count(connection, run.id)
        done = 0
        with self._turn.taken(cancelled) as asked:
            while done < whole and not asked():
                with self._archive.act(self._person, self._clock()) as act:
                    done += source_rows.drop(act, run.id, BLOCK_ENTRIES)
                progress(Progress("undo", done, whole))
            with self._archive.act(self._person, self._clock()) as act:
                # stopped on the way it is cut: half a delivery is shown to nobody, and the same file fills it up again
                imports.settle(act, run.id, RunState.UNDONE if done == whole else RunState.CUT, {"kept": 0})
                act.note("import-undone", run.id, rows=done)
        return Undone(0, 0, 0, whole=done == whole, rows=done)

    def _end(self, run_id: str, records: int, drafts: int) -> Undone:
        with self._archive.act(self._person, self._clock()) as act:
            held = imports.count(act.connection, run_id)
            left = held[EntryState.FILED] + held[EntryState.OPEN]
            if not left:
                imports.settle(act, run_id, RunState.UNDONE, {"kept": held[EntryState.KEPT]})
            act.note("import-undone", run_id, records=records, drafts=drafts, kept=held[EntryState.KEPT])
        return Undone(records, drafts, held[EntryState.KEPT], whole=not left)


__all__ = ["ImportRuns", "Run", "RunState", "Undone"]
