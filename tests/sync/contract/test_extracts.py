"""A code says what its sheet says, to the letter, and nothing that was altered passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contract.errors import BadRequest, SealBroken
from sync.contract.extracts import (
    CODE_CHARACTERS_MAX,
    Extract,
    Said,
    body_of,
    code_of,
    read_body,
    read_code,
    signed_bytes,
)
from sync.vault.signing import SigningKey

KEY = SigningKey(bytes(range(32)))
words = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40
)  # which no message carries
sheets = st.builds(Extract, *[words] * 9, values=st.lists(st.builds(Said, words, words), max_size=12).map(tuple))  # type: ignore[arg-type]


def signed(sheet: Extract) -> str:
    body = body_of(sheet)
    return code_of(body, KEY.sign(signed_bytes(body)))


def checked(code: str) -> Extract:
    body, signature = read_code(code)
    KEY.public.verify(signed_bytes(body), signature)
    return read_body(body)


@given(sheets)
def test_what_was_signed_is_read_back(sheet: Extract) -> None:
    assert checked(signed(sheet)) == sheet
    assert checked("\n".join(signed(sheet)[at : at + 30] for at in range(0, len(signed(sheet)), 30))) == sheet


@given(sheets, st.data())
def test_a_code_with_one_sign_altered_is_refused(sheet: Extract, data: st.DataObject) -> None:
    code = signed(sheet)
    place = data.draw(st.integers(0, len(code) - 2))  # the last sign may hold bits that say nothing
    other = data.draw(st.sampled_from("ABCDEFGHabcdefgh0123-_").filter(lambda sign: sign != code[place]))
    with pytest.raises((BadRequest, SealBroken)):
        checked(code[:place] + other + code[place + 1 :])


def test_another_key_signed_nothing() -> None:
    body = body_of(Extract(*["甲"] * 9, values=()))
    with pytest.raises(SealBroken):
        checked(code_of(body, SigningKey(bytes(32)).sign(signed_bytes(body))))


@pytest.mark.parametrize(
    "code",
    ["", "LANTAI-E1:", "LANTAI-E1:AAAA", "LANTAI-E2:AAAA", "LANTAI-E1:" + "A" * CODE_CHARACTERS_MAX, "LANTAI-E1:甲"],
)
def test_what_is_no_code_is_said_to_be_none(code: str) -> None:
    with pytest.raises(BadRequest):
        read_code(code)
