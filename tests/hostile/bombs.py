"""Hostile files made from nothing: bombs, loops, deep nests, tricks with paths. Small on the disk, large or endless when believed."""

from __future__ import annotations

import io
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator

from tests.desktop.documents.drawn import assembled, drawn_ofd, drawn_pdf, drawn_png, flate_bomb_pdf, nested_forms_pdf

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BILLION = f'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY l0 "ha">{LAUGHS}]>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE z [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
# twelve kinds of names that must lead nowhere: six that Unix minds, six that only Windows does
TRICKS = (
    "../e", "/e", "data/../../e", "data//e", "./e", "data/e\x00f",
    "..\\e", "C:\\e", "CON", "a:b", "x.", "data/" + "n" * 300,
)  # fmt: skip


def page_of(size: bytes, content: bytes = b"", catalog: bytes = b"") -> bytes:
    """Return a PDF of one page of that size."""
    return assembled(
        [
            b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[" + size + b"]/Contents 4 0 R>>",
            b"<</Length %d>>stream\n" % len(content) + content + b"\nendstream",
        ]
    )  # fmt: skip


def deep_tree_pdf(depth: int) -> bytes:
    """Return a PDF whose tree of pages is that deep."""
    levels = [b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % (3 + n) for n in range(depth)]
    return assembled([b"<</Type/Catalog/Pages 2 0 R>>", *levels, b"<</Type/Page/MediaBox[0 0 595 842]>>"])


def looping_tree_pdf() -> bytes:
    """Return a PDF whose tree of pages bites its tail."""
    return assembled([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]>>"])


def zipped(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of these members, whatever their names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name) if name.endswith("/") else name, content, method)
    return file.getvalue()


def ofd_with(document: str, pages: dict[str, str] | None = None) -> bytes:
    """Return an OFD whose document is that XML."""
    root = "<OFD><DocBody><DocRoot>Doc_0/Document.xml</DocRoot></DocBody></OFD>"
    return zipped({"OFD.xml": root, "Doc_0/Document.xml": document, **(pages or {})})


def xlsx_with(sheet: bytes | str, strings: bytes | str = "<sst/>", more: dict[str, bytes | str] | None = None) -> bytes:
    """Return a workbook with that sheet and those shared strings."""
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    )
    of = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    members: dict[str, bytes | str] = {
        "[Content_Types].xml": types,
        "_rels/.rels": f'<Relationships xmlns="{rels}"><Relationship Id="r1" Type="{of}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{of}"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{rels}"><Relationship Id="r1" Type="{of}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{of}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": strings,
    }  # fmt: skip
    return zipped({**members, **(more or {})})


def sheet_of(cells: str) -> str:
    """Return a worksheet with that in its data."""
    return f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'


def row_of(*texts: str) -> str:
    return "<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts) + "</row>"


def scans(large: int) -> Iterator[tuple[str, bytes]]:
    """Yield what may come through the scanner's folder; `large` is how many bytes a bomb unpacks to."""
    yield "flate.pdf", flate_bomb_pdf(large)
    yield "forms.pdf", nested_forms_pdf(9)
    yield "two-million-points.pdf", page_of(b"0 0 2000000 2000000", b"0 0 9 9 re f")
    yield "no-size.pdf", page_of(b"0 0 0 0")
    yield "minus.pdf", page_of(b"595 842 0 0")
    yield "javascript.pdf", drawn_pdf("js", catalog_extra=b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>")
    yield "launch.pdf", drawn_pdf("launch", catalog_extra=b"/OpenAction<</S/Launch/F(cmd.exe)>>")
    yield "embedded.pdf", drawn_pdf("files", catalog_extra=b"/Names<</EmbeddedFiles<</Names[(a.exe) 1 0 R]>>>>")
    yield "nest.pdf", page_of(b"0 0 595 842", b"[" * 200_000)
    yield "saves.pdf", page_of(b"0 0 595 842", b"q " * 500_000)
    yield "tree.pdf", deep_tree_pdf(3000)
    yield "loop.pdf", looping_tree_pdf()
    yield "dictionary.pdf", page_of(b"0 0 595 842", b"", b"/X" + b"<</X" * 5000 + b" 1" + b">>" * 5000)
    yield "wide.png", drawn_png(1, 1)[:16] + struct.pack(">II", 200_000, 200_000) + drawn_png(1, 1)[24:]
    yield "blank.png", drawn_png(8000, 8000)
    yield "huge.jpg", b"\xff\xd8\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00" + b"\x00" * 99 + b"\xff\xd9"
    tag = struct.pack("<HHII", 256, 4, 1, 0x7FFFFFFF) + struct.pack("<HHII", 257, 4, 1, 0x7FFFFFFF)
    yield "huge.tif", b"II*\0\x08\0\0\0\x02\0" + tag + b"\0" * 64
    yield "loop.tif", b"II*\0\x08\0\0\0\x00\0\x08\0\0\0"
    yield "laughs.ofd", ofd_with(f"{BILLION}<z>&l9;</z>")
    yield "outside.ofd", ofd_with(f"{OUTSIDE}<Document><Pages><Page BaseLoc='&f;'/></Pages></Document>")
    yield "bomb.ofd", ofd_with("<Document>" + " " * min(large, 1 << 27) + "</Document>")
    yield "deep.ofd", ofd_with("<a>" * 200_000)
    yield "paths.ofd", ofd_with("<Document><Pages><Page BaseLoc='../../../../etc/passwd'/></Pages></Document>")
    yield "many.ofd", ofd_with("<Document><Pages>" + "<Page BaseLoc='p'/>" * 300_000 + "</Pages></Document>")
    yield "sound.ofd", drawn_ofd("青石镇")
    yield "empty.pdf", b""
    yield "head.pdf", b"%PDF-1.7\n%%EOF"
    yield "polyglot.pdf", b"%PDF-1.7\n" + zipped({"OFD.xml": "<a/>"}) + b"%%EOF"


def tables(large: int) -> Iterator[tuple[str, bytes]]:
    """Yield what may be given to the import."""
    yield "laughs.xlsx", xlsx_with(f"{BILLION}{sheet_of('<row><c><v>&l9;</v></c></row>')}")
    yield (
        "laughing-strings.xlsx",
        xlsx_with(sheet_of("<row><c t='s'><v>0</v></c></row>"), f"{BILLION}<sst><si><t>&l9;</t></si></sst>"),
    )
    yield "outside.xlsx", xlsx_with(f"{OUTSIDE}{sheet_of('<row><c><v>&f;</v></c></row>')}")
    yield "bomb.xlsx", xlsx_with(sheet_of(row_of("档号", "姓名") + "<row/>" * min(large >> 7, 4_000_000)))
    yield "spaces.xlsx", xlsx_with(b" " * large)
    yield "wide.xlsx", xlsx_with(sheet_of("<row r='1'><c r='XFD1048576'><v>1</v></c></row>"))
    yield "beyond.xlsx", xlsx_with(sheet_of("<row r='4294967295'><c r='ZZZZZZ99999999'><v>1</v></c></row>"))
    yield "deep.xlsx", xlsx_with("<a>" * 300_000)
    yield "formulas.xlsx", xlsx_with(sheet_of(row_of("=cmd|' /C calc'!A0", "＝1+1", "@SUM(1)", "-2+3")))
    yield "paths.xlsx", xlsx_with(sheet_of(row_of("a")), more={"../../e": "x", "C:\\e": "x", "/etc/e": "x"})
    yield "nested.xlsx", zipped({f"{n}.zip": zipped({"a": b"0" * 100_000}) for n in range(200)})
    yield "no-parts.xlsx", zipped({"[Content_Types].xml": "<Types/>"})
    yield "merged.xlsx", xlsx_with(sheet_of(row_of("a")).replace("</worksheet>", "<mergeCells>" + "<mergeCell ref='A1:XFD1048576'/>" * 20_000 + "</mergeCells></worksheet>"))  # fmt: skip
    yield (
        "bomb.ods",
        zipped(
            {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": " " * min(large, 1 << 28)}
        ),
    )
    repeated = '<table:table-cell table:number-columns-repeated="2000000000"/>'
    yield (
        "repeat.ods",
        zipped(
            {
                "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
                "content.xml": f"<office:document-content xmlns:office='o' xmlns:table='t'>{repeated}</office:document-content>",
            }
        ),
    )
    yield "head.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 4096
    yield "biff.xls", b"\x09\x08\x10\x00" + b"\x00" * 512
    yield "line.csv", "档号,姓名\n".encode() + b"x" * min(large >> 4, 60_000_000)
    yield "commas.csv", b"," * 3_000_000
    yield "quotes.csv", b'"' + b'a""' * 500_000
    yield "nul.csv", b"a,b\n" + b"\0" * 100_000
    yield "utf16.csv", "\ufeff档号,姓名\n1,2\n".encode("utf-16-le")
    yield "mixed.csv", "档号,姓名\n".encode() + "何晨".encode("gb18030") + b"\xff\xfe\x80,\n"
    yield "bidi.csv", "姓名\n\u202e王\u0000\n".encode()
    yield "lone.csv", b"a\n\xed\xa0\x80\n"
    yield "page.xls", b"<html><body><table><tr><td>1</td></tr></table></body></html>"


def tarred(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    """Return a tar with a bag's folder and one member more, of that name and kind."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for one, content in (
            ("bag/bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
            ("bag/manifest-sha256.txt", b""),
        ):
            info = tarfile.TarInfo(one)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
        tar.addfile(info, io.BytesIO(b"x"))
    return file.getvalue()


def tars(large: int) -> Iterator[tuple[str, bytes]]:
    """Yield what may lie in a sealed copy: each trick as it is and inside the bag, links, devices, a bomb of blanks."""
    for name in TRICKS:
        plain = name.replace("\x00", "")
        yield f"tar {plain[:20]}", tarred(plain)
        yield f"tar bag/{plain[:20]}", tarred(f"bag/{plain}")
    for kind, link in (
        (tarfile.SYMTYPE, "/etc"),
        (tarfile.LNKTYPE, "/etc/passwd"),
        (tarfile.FIFOTYPE, ""),
        (tarfile.CHRTYPE, ""),
    ):
        yield f"tar kind {kind!r}", tarred("bag/data/l", kind, link)
    yield "tar twice", tarred("bag/BAGIT.TXT")
    yield "tar nothing", b""
    yield "tar noise", random.Random(3).randbytes(4096)
    header = tarfile.TarInfo("bag/data/large")
    header.size = 1 << 40
    yield "tar size", header.tobuf(tarfile.PAX_FORMAT) + b"x"
    pax = tarfile.TarInfo("x")
    pax.type, pax.size = tarfile.XHDTYPE, 1 << 30
    yield "tar pax", pax.tobuf(tarfile.USTAR_FORMAT) + b"9" * 1024
    yield "tar blanks", tarred("bag/data/b") + bytes(min(large, 1 << 26))


def changed(content: bytes, draw: random.Random) -> bytes:
    """Return the bytes with something done to them: flipped, cut, doubled, spliced, a number made large."""
    if not content:
        return draw.randbytes(64)
    acts: tuple[Callable[[bytearray], object], ...] = (
        lambda b: [b.__setitem__(draw.randrange(len(b)), draw.randrange(256)) for _ in range(draw.choice((1, 4, 60)))],
        lambda b: b.__delitem__(slice(draw.randrange(len(b)), None)),
        lambda b: b.extend(b[draw.randrange(len(b)) :]),
        lambda b: b.__setitem__(slice(at := draw.randrange(len(b)), at + 4), b"\xff\xff\xff\x7f"),
        lambda b: b.__delitem__(slice(at := draw.randrange(len(b)), at + draw.randrange(1, 200))),
        lambda b: b.__setitem__(slice(at := draw.randrange(len(b)), at), draw.randbytes(draw.randrange(1, 300))),
    )
    made = bytearray(content)
    for _ in range(draw.choice((1, 1, 2))):
        if made:
            draw.choice(acts)(made)
    return bytes(made)


def packed(size_bytes: int) -> bytes:
    """Return zlib's smallest bytes for so many blanks."""
    return zlib.compress(bytes(size_bytes), 9)
