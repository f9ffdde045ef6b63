"""A desk with a real audit log, and a real county that witnesses it, without a line between them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.engine import Connection

from sync.client.enrolment import make_request
from sync.contract.certificates import Role, read_certificate, read_holder
from sync.contract.enrolment import EnrolRequest, prove
from sync.contract.errors import SealBroken
from sync.contract.log_heads import LogHead, LogSaid, LogTold
from sync.contract.revisions import TownshipId
from sync.county.service import County, create_county
from sync.ledger import Desk
from sync.vault import audit
from sync.vault.checkpoints import Public, public_of
from sync.vault.engine import open_engine, read, write
from sync.vault.log_heads import UNSEEN, Seen, desk_origin, follow, say
from sync.vault.signing import SigningKey

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TOWNSHIP = TownshipId("339921102")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now


def open_county(folder: Path, clock: Clock) -> County:
    """Return a new county in a folder."""
    create_county(folder, "云泽县民政局", folder / "county.key", None, clock)
    return County(folder, folder / "county.key", clock=clock)


class WitnessedDesk:
    """An enrolled desk whose log lies in an encrypted file of its own; it believes what the county tells of its log."""

    def __init__(self, county: County, folder: Path, township: TownshipId = TOWNSHIP, name: str = "青石镇") -> None:
        self.county, self.key, self.known = county, SigningKey.new(), 0
        self._acts = 0
        code = county.new_code(Role.DESK, name, township, 72)
        request = make_request(ec.generate_private_key(ec.SECP256R1()))
        proof = prove(code.secret, request, self.key.public.raw)
        given = county.enrol(EnrolRequest(code.id, request, self.key.public.raw, proof))
        signer = read_certificate(given.signing_certificate)
        self.desk = Desk(read_holder(signer), signer)
        self.origin = desk_origin(township, given.device)
        self.authority: Public = public_of(county.authority.certificate)
        self.seen: Seen = UNSEEN
        folder.mkdir(parents=True)
        self.engine = open_engine(folder / "archive.db", bytes(32))
        with write(self.engine) as connection:
            audit.create_log(connection)

    def act(self, times: int = 1, who: str = "钱秀兰") -> None:
        with write(self.engine) as connection:
            for _ in range(times):
                self._acts += 1
                audit.append(connection, who, "record-filed", "0198-id", {"count": self._acts}, AT)

    def alter(self, *statements: str) -> None:
        """What somebody with the key does to the file, hashes and all made right again."""
        with write(self.engine) as connection:
            alter(connection, *statements)

    def say(self) -> LogHead:
        with read(self.engine) as connection:
            return say(connection, self.known, self.origin, self.key)

    def send(self, head: LogHead | None = None) -> LogTold:
        """Say a head, or one made up; returns the county's answer, its own head followed."""
        told = self.county.logs.take(self.desk, LogSaid(head or self.say(), self.seen.frontier.size))
        assert told is not None
        self.known = told.kept
        if told.head is not None:
            _, self.seen = follow(self.seen, told.head, self.county.logs.origin, self.authority)
        return told

    def believes(self, head: LogHead) -> bool:
        """Tell whether a head of the county follows from the one that this desk keeps."""
        try:
            follow(self.seen, head, self.county.logs.origin, self.authority)
        except SealBroken:
            return False
        return True


def alter(connection: Connection, *statements: str) -> None:
    """The guards are gone, the statements are done, and all hashes, numbers and the frontier are computed again."""
    connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_keeps_rows")
    connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_keeps_words")
    for statement in statements:
        connection.exec_driver_sql(statement)
    rows = connection.exec_driver_sql("SELECT at, who, act, subject, details FROM audit ORDER BY sequence").all()
    connection.exec_driver_sql("DELETE FROM audit")
    connection.exec_driver_sql("DELETE FROM audit_day")
    connection.exec_driver_sql("UPDATE audit_state SET size = 0, chain = zeroblob(32), peaks = x''")
    for at, who, act, subject, details in rows:
        audit.append_spelled(connection, at, who, act, subject, details)
