"""Enrolments (接入登记): the keys and certificates by which the county knows this desk, or a person at it.

They lie in the encrypted archive; on the line they are used from memory.
"""

from __future__ import annotations

from dataclasses import fields, replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop.archive import batches, number_accounts, numbering, settings, witness
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from sync.client.enrolment import Enrolment, enrol
from sync.contract.certificates import Role
from sync.contract.errors import Refused
from sync.contract.leases import NumbersAsked, NumbersTold
from sync.contract.revisions import DeviceId, TownshipId

SIGNING_SEED = "signing_seed"


class EnrolmentDrawer:
    """One enrolment kept in an archive under its own name."""

    def __init__(self, archive: Archive, name: str, person: str, clock: Clock) -> None:
        self._archive = archive
        self._key = f"enrolment.{name}"
        self._person = person
        self._clock = clock

    def enrolled(self) -> bool:
        """Whether the county knows us."""
        with self._archive.reading() as connection:
            return bool(settings.get_table(connection, self._key))

    def enrol(self, address: str, code: str) -> None:
        """The county knows us from now on.

        Raises:
            WrongCode: mistyped, used, too old, or another county's; Offline: nobody answers; NotTheCounty.
        """
        key = Ed25519PrivateKey.generate()
        with self._archive.reading() as connection:
            said = number_accounts.statement(connection)
        made, told = enrol(address, code, key, said)
        self._keep(made, key.private_bytes_raw(), "enrolled", (said, told))

    def move_to(self, address: str) -> None:
        """The county answers at another address from now on; it must show the same authority."""
        seed = self.signing_key().private_bytes_raw()
        self._keep(replace(self.read(), address=address), seed, "county-address-changed")

    def read(self) -> Enrolment:
        """Return the enrolment.

        Raises:
            Refused: there is none yet.
        """
        table = self._table()
        raw = {one.name: bytes.fromhex(table[one.name]) for one in fields(Enrolment) if one.type == "bytes"}
        return Enrolment(
            device=DeviceId(table["device"]),
            role=Role(table["role"]),
            name=table["name"],
            township=TownshipId(table["township"]) if table["township"] else None,
            county=table["county"],
            epoch=table["epoch"],
            address=table["address"],
            **raw,
        )

    def signing_key(self) -> Ed25519PrivateKey:
        """Return the key under which this desk's batches, or this person's decisions, are signed."""
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self._table()[SIGNING_SEED]))

    def _table(self) -> dict[str, str]:
        with self._archive.reading() as connection:
            table = settings.get_table(connection, self._key)
        if not table:
            raise Refused("not enrolled at a county yet")
        return table

    def _keep(
        self, made: Enrolment, seed: bytes, word: str, numbers: tuple[NumbersAsked, NumbersTold | None] | None = None
    ) -> None:
        table = {one.name: _text(getattr(made, one.name)) for one in fields(made)}
        with self._archive.act(self._person, self._clock()) as act:
            settings.put_table(act.connection, self._key, {**table, SIGNING_SEED: seed.hex()})
            act.note(word, made.device)
            if numbers and made.role is Role.DESK:  # in the same act: from here on it numbers out of its seat's lease
                said, told = numbers
                numbering.await_seat(act)
                witness.say_again(act)
                batches.begin_under_another_name(act)
                if told is not None:
                    number_accounts.take_in(act, made.epoch, said, told)


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value or "")
