"""Pages of foreign files: read where they can be, ended where they hang, and always said so."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pytest

from desktop.documents.formats import Format
from desktop.documents.pages import PageReader
from sync.contract.errors import ReaderStopped, UnreadableFile
from tests.desktop.documents.drawn import drawn_ofd, drawn_pdf, drawn_png, flate_bomb_pdf, nested_forms_pdf

PDF = drawn_pdf("first page", "second page", "third page")


def refusal(reader: PageReader, content: bytes) -> object:
    with pytest.raises(UnreadableFile) as caught:
        reader.inspect(content)
    return caught.value.facts["reason"]


def test_a_pdf_is_told_by_its_pages_and_their_size(reader: PageReader):
    told = reader.inspect(PDF)
    assert (told.format, told.pages, told.sizes[2]) == (Format.PDF, 3, (595.0, 842.0))
    assert (told.repaired, told.encrypted, told.active_content, told.preview) == (False, False, (), True)


def test_each_page_gives_its_own_words_and_picture(reader: PageReader):
    assert [reader.text(PDF, page).strip() for page in range(3)] == ["first page", "second page", "third page"]
    pictures = [reader.picture(PDF, page, 72) for page in range(3)]
    assert [(picture.width, picture.height, len(picture.rgb)) for picture in pictures] == [
        (595, 842, 595 * 842 * 3)
    ] * 3
    assert len({picture.rgb for picture in pictures}) == 3


def test_two_documents_in_turn_are_not_confused(reader: PageReader):
    other = drawn_pdf("another document")
    for _ in range(2):
        assert reader.text(PDF, 0).strip() == "first page"
        assert reader.text(other, 0).strip() == "another document"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"MZ" * 100, "unknown_format"),
        (b"%PDF-1.7\n" + b"x" * 100, "broken"),
        (drawn_png(400, 400)[:-30], "broken"),
        (b"PK\x03\x04 OFD.xml", "broken"),
        (b"\xff\xd8\xff\xe0" + b"x" * 50, "broken"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(reader: PageReader, content: bytes, reason: str):
    assert refusal(reader, content) == reason


def test_a_page_that_is_not_there_is_said_to_be_missing(reader: PageReader):
    for page in (3, -1, 10_000):
        with pytest.raises(UnreadableFile) as caught:
            reader.picture(PDF, page)
        assert caught.value.facts["reason"] == "page_missing"


def test_a_pdf_cut_in_the_middle_is_read_as_far_as_it_goes_and_said_to_be_repaired(reader: PageReader):
    assert reader.inspect(PDF[: len(PDF) * 4 // 5]).repaired


def test_a_picture_cut_in_the_middle_is_said_to_be_repaired(reader: PageReader):
    assert not reader.inspect(drawn_png(4, 4)).repaired
    assert reader.inspect(drawn_png(4, 4)[:40]).repaired
    assert not reader.inspect(drawn_png(4, 4)).repaired


@pytest.mark.parametrize(
    ("extra", "found"),
    [
        (b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>", "javascript"),
        (b"/OpenAction<</S/Launch/F(cmd.exe)>>", "launch"),
        (b"/Names<</EmbeddedFiles<</Names[]>>>>", "embedded_file"),
        (b"/OpenAction<</S/J#61vaScript/J#53(app.alert(1))>>", "javascript"),
    ],
)
def test_active_content_is_told_and_never_run(reader: PageReader, extra: bytes, found: str):
    assert found in reader.inspect(drawn_pdf("page", catalog_extra=extra)).active_content


def test_a_picture_file_is_one_page(reader: PageReader):
    told = reader.inspect(drawn_png(200, 100, (200, 30, 30)))
    assert (told.format, told.pages, told.preview) == (Format.PNG, 1, True)
    picture = reader.picture(drawn_png(200, 100, (200, 30, 30)), 0, 96)
    assert picture.rgb[:3] == bytes((200, 30, 30))


def test_an_ofd_is_kept_with_its_words_but_without_a_preview(reader: PageReader):
    content = drawn_ofd("云泽县青石镇", "第二页")
    told = reader.inspect(content)
    assert (told.format, told.pages, told.preview) == (Format.OFD, 2, False)
    assert reader.text(content, 1) == "第二页"
    with pytest.raises(UnreadableFile) as caught:
        reader.picture(content, 0)
    assert caught.value.facts["reason"] == "no_preview"


def test_a_very_large_page_is_drawn_smaller_or_refused_never_in_full(reader: PageReader):
    large = drawn_pdf("x").replace(b"[0 0 595 842]", b"[0 0 9000 9000]")
    picture = reader.picture(large, 0, 600)
    assert picture.width * picture.height <= 40_200_000
    endless = drawn_pdf("x").replace(b"[0 0 595 842]", b"[0 0 2000000 2000000]")
    with pytest.raises(UnreadableFile) as caught:
        reader.picture(endless, 0, 72)
    assert caught.value.facts["reason"] == "page_too_large"


def test_a_page_that_never_ends_is_ended_and_the_next_page_is_read():
    with PageReader(limit_seconds=1.5) as reader:
        bomb = nested_forms_pdf(40)
        assert len(bomb) < 10_000
        with pytest.raises(ReaderStopped) as caught:
            reader.picture(bomb, 0)
        assert caught.value.facts["reason"] == "time"
        assert reader.text(PDF, 0).strip() == "first page"


def test_a_page_that_wants_all_memory_or_time_costs_only_itself():
    with PageReader(limit_seconds=2) as reader:
        bomb = flate_bomb_pdf(400_000_000)
        assert len(bomb) < 3_000
        with contextlib.suppress(ReaderStopped, UnreadableFile):  # a quick machine gets through it
            reader.picture(bomb, 0)
        assert reader.text(PDF, 0).strip() == "first page"


def test_a_reader_killed_from_outside_is_said_to_have_crashed_and_comes_back():
    with PageReader() as reader:
        reader.inspect(PDF)
        killer = threading.Timer(0.3, reader._child._process.kill)  # type: ignore[union-attr]
        killer.start()
        with pytest.raises(ReaderStopped) as caught:
            reader.picture(nested_forms_pdf(40), 0)
        killer.join()
        assert caught.value.facts["reason"] == "crash"
        assert reader.inspect(PDF).pages == 3


def test_several_threads_each_get_their_own_answer(reader: PageReader):
    documents = [drawn_pdf(f"document {number}") for number in range(6)]
    found: dict[int, str] = {}

    def read(number: int) -> None:
        found[number] = reader.text(documents[number], 0).strip()

    threads = [threading.Thread(target=read, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: f"document {number}" for number in range(6)}


def test_no_child_is_left_after_closing():
    reader = PageReader()
    reader.inspect(PDF)
    assert reader._child.process_id is not None
    reader.close()
    assert reader._child.process_id is None


def test_a_real_file_that_hangs_its_reader_is_ended(real_files: Path):
    content = (real_files / "pdf" / "pymupdf" / "test_2548.pdf").read_bytes()
    with PageReader(limit_seconds=2) as reader:
        assert reader.inspect(content).pages > 0
        with pytest.raises(ReaderStopped) as caught:
            reader.picture(content, 0, 30)
        assert caught.value.facts["reason"] == "time"
        assert reader.inspect(PDF).pages == 3


def test_real_damaged_and_odd_files_never_cost_more_than_themselves(reader: PageReader, real_files: Path):
    outcomes: dict[str, int] = {}
    for path in sorted((real_files / "pdf").glob("*/*.pdf"))[::5] + sorted((real_files / "ofd").iterdir())[::4]:
        if path.name == "test_2548.pdf":
            continue
        try:
            reader.inspect(path.read_bytes())
            reader.text(path.read_bytes(), 0).encode()
            outcome = "read"
        except UnreadableFile as error:
            outcome = str(error.facts["reason"])
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert outcomes["read"] > 40
    assert outcomes["password"] > 1
