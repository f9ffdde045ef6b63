"""Identity numbers: GB 11643 against the standard's examples, a property and an independent reader."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from sync.contract import identity
from sync.contract.identity import IdentityFault, IdentityNumber, NotAnIdentityNumber, Sex

first_seventeen = st.builds(
    lambda born, order: f"339921{born:%Y%m%d}{order:03d}",
    st.dates(date(1900, 1, 1), date(2025, 12, 31)),
    st.integers(0, 999),
)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014", "34052419800101001X"])
def test_the_examples_of_the_standard_are_valid(number: str) -> None:
    assert isinstance(identity.read(number), IdentityNumber)


@given(first_seventeen)
def test_the_check_character_is_the_one_an_independent_reader_computes(first: str) -> None:
    assert identity.check_character(first) == ric.calc_check_digit(first + "0")


@given(first_seventeen, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(first: str, place: int, shift: int) -> None:
    number = first + identity.check_character(first)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert isinstance(identity.read(wrong), NotAnIdentityNumber)


@given(first_seventeen)
def test_birth_and_sex_are_read_from_the_number(first: str) -> None:
    read = identity.read(first + identity.check_character(first))
    assert isinstance(read, IdentityNumber)
    assert f"{read.born:%Y%m%d}" == first[6:14]
    assert (read.sex is Sex.MALE) == (int(first[16]) % 2 == 1)


@given(first_seventeen, st.sampled_from(["full", "small", "gaps", "cyrillic"]))
def test_the_ways_of_writing_one_number_are_one_number(first: str, way: str) -> None:
    number = first + identity.check_character(first)
    written = {
        "full": "".join(chr(ord(character) + 0xFEE0) for character in number),
        "small": number.lower(),
        "gaps": f"{number[:6]} {number[6:14]}-{number[14:]}",
        "cyrillic": number.replace("X", "Х"),
    }[way]
    read = identity.read(written)
    assert isinstance(read, IdentityNumber)
    assert read.number == number


def test_the_expected_check_character_is_told() -> None:
    assert identity.read("339921199103070026") == NotAnIdentityNumber(IdentityFault.CHECK, "5")


def test_fifteen_digits_are_lengthened_and_the_paper_length_is_remembered() -> None:
    read = identity.read("340524800101001")
    assert isinstance(read, IdentityNumber)
    assert (read.number, read.written_length) == ("34052419800101001X", 15)


def test_a_day_that_never_was_is_no_birth() -> None:
    first = "33992119900230001"
    assert identity.read(first + identity.check_character(first)) == NotAnIdentityNumber(IdentityFault.BIRTH)
