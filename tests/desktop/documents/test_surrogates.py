"""Text from broken fonts can be written anywhere."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desktop.documents.surrogates import clean_text


@given(st.text(alphabet=st.characters(codec=None), max_size=20))
def test_text_with_lone_surrogates_can_be_written_as_utf8(text: str):
    assert len(clean_text(text).encode()) <= 4 * len(text)


def test_paired_surrogates_become_the_character_they_mean_and_plain_text_stays():
    assert clean_text("\ud842\udfb7") == "𠮷"
    assert clean_text("云泽县 a·b") == "云泽县 a·b"
    assert clean_text("a\ud842b") == "a\ufffdb"
