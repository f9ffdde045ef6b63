"""Keeping other people's slots (管钥匙): what whoever holds the data key can do without their passwords.

A role changes, a removed slot comes back, a new data key is handed to everybody. Only slots of version 2 can be handed
anything; one of version 1 becomes one when its owner unlocks.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sync.contract.errors import NotAllowed
from sync.vault.handing import HANDED_MAX, hand
from sync.vault.keystore_file import Content, Slot
from sync.vault.slots import Keystore, Role


class SlotKeeping:
    """One keystore in the hand of somebody with its data key."""

    def __init__(self, keystore: Keystore, data_key: bytes) -> None:
        self._keystore, self._data_key = keystore, data_key

    def cannot_be_handed(self) -> tuple[str, ...]:
        """Return the owners that no key can be handed to before they unlock once; an empty name is the recovery code's."""
        with self._keystore.turn():
            return tuple(one.owner for one in _all(self._content) if not one.public or len(one.handed) >= HANDED_MAX)

    def change_role(self, name: str, role: Role) -> None:
        """The person's slot says the role, authenticated.

        Raises:
            NotAllowed: nobody of that name; `reason` old_slot: the person has to unlock once before.
        """
        with self._keystore.turn():
            slot = self._keystore.slot_of(name)
            if not slot.public or len(slot.handed) >= HANDED_MAX:
                raise NotAllowed("a slot of version 1", reason="old_slot")
            changed = self._handed(slot, self._data_key, role)
            slots = tuple(changed if one is slot else one for one in self._content.slots)
            self._keystore.change(self._data_key, replace(self._content, slots=slots))

    def put_back(self, slot: Slot) -> None:
        """A slot that was removed, under the data key of today, opens again.

        Raises:
            NotAllowed: its name was taken meanwhile.
        """
        with self._keystore.turn():
            if any(one.owner == slot.owner for one in self._content.slots):
                raise NotAllowed("name taken", reason="name_taken")
            self._keystore.change(self._data_key, replace(self._content, slots=(*self._content.slots, slot)))

    def hand_over(self, data_key: bytes, without: Collection[str] = ()) -> None:
        """Every slot leads to the new data key as well as to today's, but for those of `without`, which are gone.

        Raises:
            NotAllowed: nobody would be left; `reason` old_slot: somebody has to unlock once before.
        """
        with self._keystore.turn():
            left = tuple(slot for slot in self._content.slots if slot.owner not in without)
            if not left:
                raise NotAllowed("last person", reason="last_person")
            recovery = self._content.recovery
            if any(
                not one.public or len(one.handed) >= HANDED_MAX for one in (*left, *([recovery] if recovery else []))
            ):
                raise NotAllowed("a slot of version 1", reason="old_slot")
            wanted = replace(
                self._content,
                slots=tuple(self._handed(slot, data_key, slot.role) for slot in left),
                recovery=self._handed(recovery, data_key, recovery.role) if recovery else None,
            )
            self._keystore.change(self._data_key, wanted, seal_with=data_key)

    def withdraw(self, data_key: bytes) -> None:
        """What was handed over last is taken back, because the archive still opens by the data key before, this one."""
        with self._keystore.turn():
            last = self._content.generation
            slots = tuple(_without(slot, last) for slot in self._content.slots)
            recovery = self._content.recovery
            wanted = replace(self._content, slots=slots, recovery=_without(recovery, last) if recovery else None)
            self._keystore.change(self._data_key, wanted, seal_with=data_key)

    def keep_only(self, name: str, after: int) -> tuple[str, ...]:
        """Only this person and the recovery code open any more; the names of the others are returned.

        Args:
            after: the generation of the newest keystore known; this one is newer from now on.
        """
        with self._keystore.turn():
            kept = self._keystore.slot_of(name)
            gone = tuple(slot.owner for slot in self._content.slots if slot is not kept)
            self._keystore.change(self._data_key, replace(self._content, slots=(kept,)), after=after)
        return gone

    @property
    def _content(self) -> Content:
        return self._keystore.content

    def _handed(self, slot: Slot, data_key: bytes, role: str) -> Slot:
        handing = hand(self._data_key, data_key, slot.receiver, str(role), self._content.generation + 1)
        return replace(slot, handed=(*slot.handed, handing))


def _all(content: Content) -> tuple[Slot, ...]:
    return (*content.slots, content.recovery) if content.recovery else content.slots


def _without(slot: Slot, generation: int) -> Slot:
    return replace(slot, handed=tuple(one for one in slot.handed if one.generation != generation))
