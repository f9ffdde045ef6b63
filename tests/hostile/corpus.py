"""The files of a run (恶意文件集): everything hostile there is, and the rest of the wished number made from it by chance, by a seed."""

from __future__ import annotations

import random
from importlib.resources import files
from pathlib import Path

import msgpack
import pyrage
import zstandard

import resources
from sync.vault.keystore_file import FILE_NAME
from sync.vault.slots import Keystore
from tests.desktop.documents.drawn import drawn_ofd, drawn_pdf, drawn_png
from tests.hostile import bombs
from tests.hostile.bombs import changed
from tests.hostile.pipeline import PUBLIC, Hostile

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
ENDINGS = (".pdf", ".ofd", ".png", ".jpg", ".tif", ".tiff")
LARGE, SMALL = 1 << 30, 1 << 24
# names that a scanner's share may bear although no Windows would make them
NAMES = ("a\\..\\e.pdf", "C:e.pdf", "CON.pdf", "a:b.pdf", "x.pdf ", "e.pdf.", "‮fdp.exe", "-rf.pdf", "$(id).pdf", "n" * 200 + ".pdf", "两\n行.pdf", "é.pdf")  # fmt: skip


def shared_scans() -> list[Hostile]:
    """Return the malformed and odd documents kept beside the project; none where they are not."""
    if not SHARED.is_dir():
        return []
    places = [
        one
        for folder in ("pdf", "ofd")
        for one in sorted((SHARED / folder).rglob("*"))
        if one.suffix.lower() in ENDINGS
    ]
    return [Hostile("scan", f"{number}-{one.name}", one.read_bytes()) for number, one in enumerate(places)]


def of_age(folder: Path | None) -> list[Hostile]:
    """Return broken age files, and the bodies of C2SP's test vectors where their folder is named."""
    sealed = pyrage.encrypt(bombs.tarred("bag/data/e"), [pyrage.x25519.Recipient.from_str(PUBLIC)])
    made = [Hostile("age", f"cut at {at}", sealed[:at]) for at in (0, 1, 21, 60, len(sealed) - 17, len(sealed) - 1)]
    made += [
        Hostile("age", "armour", b"-----BEGIN AGE ENCRYPTED FILE-----\n" + b"A" * 5000),
        Hostile("age", "v9", sealed.replace(b"/v1", b"/v9", 1)),
    ]
    made += [
        Hostile("age", "stanzas", b"age-encryption.org/v1\n" + b"-> X25519 a\n\n" * 50_000 + b"--- a\n"),
        Hostile("age", "line", b"age-encryption.org/v1\n-> " + b"a" * (1 << 22)),
    ]
    if folder is not None:
        made += [Hostile("age", one.name, one.read_bytes().partition(b"\n\n")[2]) for one in sorted(folder.iterdir())]
    return made


def of_messages(large: int) -> list[Hostile]:
    """Return what may come over the line or on a stick: bombs of zstd, nests and lies of msgpack, packets that are none."""
    squeeze = zstandard.ZstdCompressor(level=19).compress
    plain = {
        "blanks": bytes(min(large, 1 << 28)), "nest": b"\x91" * 100_000, "array": b"\xdd\xff\xff\xff\xff",
        "map": msgpack.packb({"epoch": ["x"] * 10, "after": -1}), "text": b"\xdb\xff\xff\xff\xff", "keys": msgpack.packb({1: 2}),
        "wrong": msgpack.packb({"epoch": 7, "after": "x", "feed_hash": None}), "nothing": b"",
    }  # fmt: skip
    made = [Hostile("message", name, squeeze(content)) for name, content in plain.items()]
    made += [
        Hostile("message", "window", b"\x28\xb5\x2f\xfd\x00\xff\xff\xff\xff"),
        Hostile("message", "noise", b"\x28\xb5\x2f\xfd" + b"\xff" * 99),
    ]
    magic = b"LTPK\x01"
    return [
        *made, Hostile("packet", "long header", magic + b"\xff\xff\xff\xff" + b"x" * 99), Hostile("packet", "newer", b"LTPK\x09" + bytes(99)),
        Hostile("packet", "empty", b""), Hostile("packet", "nothing in it", magic + bytes(8)),
        Hostile("packet", "header", magic + (5).to_bytes(4, "big") + b"\x95\x01\x02\x03\x04"),
    ]  # fmt: skip


def of_keystores(folder: Path) -> list[Hostile]:
    """Return keystores that are none, and a sound one to be changed."""
    if not (folder / FILE_NAME).exists():
        Keystore.create(folder, bytes(range(32))).make_recovery(bytes(range(32)))
    sound = (folder / FILE_NAME).read_bytes()
    return [
        Hostile("keystore", "nest", b"[" * 100_000), Hostile("keystore", "list", b"[]"), Hostile("keystore", "null", b"null"),
        Hostile("keystore", "number", b'{"format": "lantai-keystore", "version": 1e999}'),
        Hostile("keystore", "digits", b'{"format": "lantai-keystore", "version": ' + b"9" * 5000 + b"}"), Hostile("keystore", "sound", sound),
    ]  # fmt: skip


def of_open_copies() -> list[Hostile]:
    """Return manifests of open copies that name what lies outside."""
    made = [Hostile("open_copy", name[:20], f"{'0' * 64}  {name}\n".encode()) for name in bombs.TRICKS]
    return [
        *made,
        Hostile("open_copy", "noise", b"\xff" * 99),
        Hostile("open_copy", "empty", b""),
        Hostile("open_copy", "lines", b"\n" * 100_000),
    ]


def whole(folder: Path, large: int, age: Path | None = None) -> list[Hostile]:
    """Return every file that is made from nothing, each once."""
    sound = drawn_pdf("a", "b")
    made = [Hostile("scan", name, content) for name, content in bombs.scans(large)]
    made += [Hostile("scan", name, sound + f"%{number}".encode() + b"\n%%EOF") for number, name in enumerate(NAMES)]
    made += [Hostile("table", name, content) for name, content in bombs.tables(large)]
    made += [Hostile("copy", name, content) for name, content in bombs.tars(large)]
    return made + of_age(age) + of_messages(large) + of_keystores(folder) + of_open_copies()


def seeds(folder: Path) -> list[Hostile]:
    """Return sound files, small, to be changed."""
    shipped = files(resources).joinpath("practice")
    scans = [Hostile("scan", one.name, one.read_bytes()) for one in shipped.iterdir() if one.name.endswith(".pdf")]
    scans += [
        Hostile("scan", "d.pdf", drawn_pdf("x", "y")),
        Hostile("scan", "d.ofd", drawn_ofd("x", "y")),
        Hostile("scan", "d.png", drawn_png(40, 40)),
    ]
    row = bombs.row_of("档号", "姓名", "2016-02-27")
    tables = [
        Hostile("table", "t.xlsx", bombs.xlsx_with(bombs.sheet_of(row * 20))),
        Hostile("table", "t.csv", "档号,姓名\n1,何晨\n".encode() * 20),
    ]
    others = [one for one in [*of_messages(SMALL), *of_keystores(folder), *of_age(None)] if one.content]
    return [*scans, *tables, Hostile("copy", "c.tar", bombs.tarred("bag/data/e")), *others]


def gathered(folder: Path, count: int, seed: int, age: Path | None = None) -> list[Hostile]:
    """Return so many files: the shared ones, those made from nothing, and changes of sound and of shared ones."""
    draw = random.Random(seed)
    made = [*whole(folder, LARGE, age), *shared_scans()]
    base = [*seeds(folder), *(one for one in shared_scans() if len(one.content) < 200_000)]
    while len(made) < count:
        one = draw.choice(base)
        made.append(Hostile(one.way, f"{len(made)}-{one.name}", changed(one.content, draw)))
    return made[: max(count, 0)]
