"""Small documents drawn for the tests of `desktop/documents`; nothing here is anybody's paper."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib


def drawn_pdf(*texts: str, catalog_extra: bytes = b"", drawn_first: bytes = b"") -> bytes:
    """Return a PDF with one page a text (ASCII), written by hand so that every byte is known."""
    objects = [b"<</Type/Catalog/Pages 2 0 R" + catalog_extra + b">>"]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(texts)))
    objects.append(f"<</Type/Pages/Kids[{kids}]/Count {len(texts)}>>".encode())
    objects.append(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    for number, text in enumerate(texts):
        content = drawn_first + f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode()
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents "
            + f"{5 + 2 * number} 0 R>>".encode()
        )
        objects.append(b"<</Length %d>>stream\n" % len(content) + content + b"\nendstream")
    return assembled(objects)


def assembled(objects: list[bytes]) -> bytes:
    """Return the PDF of these objects, the first of which is its catalog."""
    file, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    return file + table + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(file))


def nested_forms_pdf(depth: int) -> bytes:
    """Return a small PDF whose page draws a form that draws ten forms that draw ten forms …: it never ends."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</X 5 0 R>>>>/Contents 4 0 R>>",
        b"<</Length 5>>stream\n/X Do\nendstream",
    ]
    for level in range(depth):
        drawing = b"/X Do " * 10 if level < depth - 1 else b"0 0 9 9 re f "
        own = 5 + level
        objects.append(
            b"<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X %d 0 R>>>>/Length %d>>stream\n"
            % (own + 1, len(drawing))
            + drawing
            + b"\nendstream"
        )
    return assembled(objects)


def flate_bomb_pdf(size_bytes: int) -> bytes:
    """Return a small PDF whose page content unpacks, twice over, to this many blanks."""
    packed = zlib.compress(zlib.compress(b" " * size_bytes, 9), 9)
    return assembled(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
            b"<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n" % len(packed) + packed + b"\nendstream",
        ]
    )


def drawn_png(width: int, height: int, colour: tuple[int, int, int] = (255, 255, 255)) -> bytes:
    """Return a PNG of one colour."""

    def part(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = (b"\0" + bytes(colour) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


def drawn_ofd(*texts: str) -> bytes:
    """Return an OFD with one page a text."""
    space = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    pages = "".join(
        f'<ofd:Page ID="{number}" BaseLoc="Pages/Page_{number}/Content.xml"/>' for number in range(len(texts))
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "OFD.xml",
            f"<ofd:OFD {space}><ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
        )
        box = "<ofd:CommonData><ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea></ofd:CommonData>"
        archive.writestr(
            "Doc_0/Document.xml", f"<ofd:Document {space}>{box}<ofd:Pages>{pages}</ofd:Pages></ofd:Document>"
        )
        for number, text in enumerate(texts):
            body = f"<ofd:Page {space}><ofd:Content><ofd:TextObject><ofd:TextCode>{text}</ofd:TextCode></ofd:TextObject></ofd:Content></ofd:Page>"
            archive.writestr(f"Doc_0/Pages/Page_{number}/Content.xml", body)
    return file.getvalue()
