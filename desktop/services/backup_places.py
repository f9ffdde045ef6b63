"""Where backups go (备份处): the second folder and the labelled sticks of one archive, and which of them are there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from desktop.archive import backup_rows, settings
from desktop.archive.archive import Archive
from desktop.archive.backup_rows import BackupLine, KnownPlace
from desktop.archive.clock import Clock
from desktop.archive.generations import Label, Place, PlaceKind, naming_faults
from sync.contract.errors import NotAllowed, PlaceUnavailable


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place as the page shows it."""

    id: str
    kind: PlaceKind
    path: str
    present: bool
    same_disk: bool  # a copy on the disk of the archive itself dies with it
    last: BackupLine | None  # the newest good one


class BackupPlaces:
    """The places of one open archive. Nothing is ever written to one without its label."""

    def __init__(self, archive: Archive, person: str, clock: Clock) -> None:
        self._archive, self._person, self._clock = archive, person, clock

    def choose_folder(self, folder: Path) -> PlaceView:
        """The folder is the second folder from now on, labelled; what lay in the one before stays there.

        Raises:
            NotAllowed: it lies in the archive's own folder, or is labelled for another archive.
            PlaceUnavailable: it is not there, full, or may not be written.
        """
        return self._label(folder, PlaceKind.FOLDER)

    def label_stick(self, root: Path) -> PlaceView:
        """The stick may be written from now on; raises as `choose_folder` does."""
        return self._label(root, PlaceKind.STICK)

    def _label(self, root: Path, kind: PlaceKind) -> PlaceView:
        own = self._archive.folder.absolute()
        if own == root.absolute() or own in root.absolute().parents:
            raise NotAllowed("inside the archive's own folder")
        with self._archive.reading() as connection:
            office = settings.get(connection, "county") + settings.get(connection, "township")
        now = self._clock()
        with self._archive.act(self._person, now) as act:
            archive_id = backup_rows.archive_id(act)
        place = Place.begin(root, archive_id, kind, office, now.isoformat(timespec="seconds"))
        with self._archive.act(self._person, now) as act:
            backup_rows.keep_place(act, place.label, str(root))
            if kind is PlaceKind.FOLDER:
                backup_rows.forget_folders(act, place.label.place)
            act.note("backup-place", place.label.place, kind=kind.value)
        return next(one for one in self.views() if one.id == place.label.place)

    def look_at(self, roots: Iterable[Path]) -> bool:
        """Sticks of this archive among the mounted disks are known by where they are now; True if one was new there."""
        with self._archive.reading() as connection:
            archive_id = settings.get(connection, backup_rows.ARCHIVE_ID)
            known = {one.id: one for one in backup_rows.places(connection)}
        seen = False
        for root in roots:
            label = Label.read(root) if archive_id else None
            if label is None or label.archive != archive_id or label.kind is not PlaceKind.STICK:
                continue
            if label.place not in known or known[label.place].path != str(root):
                with self._archive.act(self._person, self._clock()) as act:
                    backup_rows.keep_place(act, label, str(root))
                seen = True
        return seen

    def views(self) -> list[PlaceView]:
        """Return the second folder and every labelled stick, there or not."""
        with self._archive.reading() as connection:
            known, lines = backup_rows.places(connection), backup_rows.backups(connection)
        return [self._view(one, lines) for one in known]

    def _view(self, one: KnownPlace, lines: list[BackupLine]) -> PlaceView:
        root = Path(one.path)
        label = Label.read(root)
        present = label is not None and label.place == one.id
        same_disk = False
        if present:
            with naming_faults():
                same_disk = root.stat().st_dev == self._archive.folder.stat().st_dev
        return PlaceView(one.id, one.kind, one.path, present, same_disk, newest_good(lines, one.id))

    def open_all(self) -> list[Place]:
        """Return the places that are there."""
        return [self.open(one.id) for one in self.views() if one.present]

    def open(self, place_id: str) -> Place:
        """Return the place, labelled as it should be.

        Raises:
            PlaceUnavailable: it is not there, or another stick is.
        """
        with self._archive.reading() as connection:
            known = next((one for one in backup_rows.places(connection) if one.id == place_id), None)
            archive_id = settings.get(connection, backup_rows.ARCHIVE_ID)
        if known is None:
            raise PlaceUnavailable("no such place", reason="gone")
        place = Place.at(Path(known.path))
        if place.label.place != place_id or place.label.archive != archive_id:
            raise PlaceUnavailable("another stick", reason="gone")
        return place


def newest_good(lines: list[BackupLine], place: str) -> BackupLine | None:
    """Return the newest good generation of a place."""
    good = [one for one in lines if one.place == place and one.good]
    return max(good, key=lambda one: one.number, default=None)
