"""The text of pages is kept small and comes back as it was, whenever it was kept."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from desktop.archive import attachments, bodies
from desktop.archive.archive import Archive
from desktop.archive.attachments import PageText
from tests.bench.filled_office import AT, FACTS, KEY

SAID = "登记机关云泽县民政局　经审查符合婚姻法的规定准予登记发给此证" * 4
LINE = ("登记机关云泽县民政局", 0.123456789, 0.2, 0.3, 0.987654321, 0.9912345)


@given(st.text(st.characters()))
def test_every_text_comes_back_to_the_character(text: str) -> None:
    assert bodies.unpack_text(bodies.pack_text(text)) == text


def test_a_page_takes_less_room_and_says_the_same_with_its_places(tmp_path: Path) -> None:
    data = b"%PDF-1.7"
    sha256 = hashlib.sha256(data).hexdigest()
    archive = Archive.create(tmp_path / "office", KEY, FACTS, "p", AT)
    with archive.act("p", AT) as act:
        attachments.keep(archive, act, data, sha256=sha256, pages=2, media="application/pdf")
        attachments.keep_page_texts(act, sha256, [PageText(1, "recognised", SAID, (LINE,) * 30)])
        act.connection.exec_driver_sql(  # as a program before layout 12 kept it
            "INSERT INTO page_text (sha256, page, source, text, lines) VALUES (?, 2, 'file', ?, ?)",
            (sha256, SAID, json.dumps([LINE])),
        )
        act.note("laid", sha256)
    with archive.reading() as connection:
        new, old = attachments.page_texts(connection, sha256)
        kept = connection.exec_driver_sql("SELECT length(text) + length(lines) FROM page_text WHERE page = 1").scalar()
        words = attachments.words(connection, sha256)
    archive.close()
    assert (new.text, old.text, words) == (SAID, SAID, [SAID, SAID])
    assert old.lines == (LINE,)
    assert new.lines[7] == (LINE[0], 0.1235, 0.2, 0.3, 0.9877, 0.9912)
    assert kept < len(SAID.encode() + json.dumps([LINE] * 30).encode()) / 5
