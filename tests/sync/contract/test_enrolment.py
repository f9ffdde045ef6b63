"""A code survives being read aloud and typed; a proof fits one secret and one pair of keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.contract.enrolment import CODE_CHARACTERS, Code, EnrolRequest, is_proven, prove, read_code
from sync.contract.errors import WrongCode

ten_bytes = st.binary(min_size=10, max_size=10)


@given(ten_bytes, ten_bytes)
def test_a_code_reads_back_however_it_is_typed(secret, pin):
    code = Code(secret, pin)
    spelled = code.spell()
    for typed in (spelled, spelled.lower(), spelled.replace("-", " "), spelled.replace("-", "－"), f" {spelled}\n"):
        assert read_code(typed) == code


@given(ten_bytes, ten_bytes)
def test_a_code_has_no_characters_that_look_alike(secret, pin):
    characters = Code(secret, pin).spell().replace("-", "")
    assert len(characters) == CODE_CHARACTERS
    assert not set(characters) & set("01IO")


@pytest.mark.parametrize("typed", ["", "2222", "I" * 32, "2" * 33, "二" * 32])
def test_what_is_no_code_is_said_to_be_none(typed):
    with pytest.raises(WrongCode):
        read_code(typed)


def test_the_id_of_a_code_does_not_tell_its_secret():
    code = Code(b"0123456789", bytes(10))
    assert code.secret.hex() not in code.id


def test_a_proof_fits_one_secret_and_one_pair_of_keys():
    asked = EnrolRequest("id", b"request", b"key", prove(b"secret", b"request", b"key"))
    assert is_proven(b"secret", asked)
    assert not is_proven(b"other", asked)
    assert not is_proven(b"secret", EnrolRequest("id", b"requestk", b"ey", asked.proof))
