"""What a PDF tells of its letters (文本层): whoever searches it or copies from it gets the characters that were written.

Qt 6.11 tells of each glyph the first character the font draws with it: of 民 the radical ⺠, of 文 the radical ⽂, of a blank a tab. Then no reader
finds 民政 in it. The tables that tell it (ToUnicode) are plain text in what Qt writes, and the right character is as long as the wrong one.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_RADICALS: Final = (  # those of the CJK Radicals Supplement that a Chinese font draws as a character of its own
    "⺦⺃⺂⻲⺅⺉⻧⺐⺏⺒⺓⺕⺔⺖⺘⺙⻫⺛⺞⺠⺡⺣⺤⺨⺭⻯⺯⺰⺱⺹⺺⺾⻂⻅⻆⻈⻉⻋⻌⻐⻑⻒⻓⻔⻖⻘⻙⻚⻛⻜⻝⻟⻠⻢⻣⻤⻥⻦⻨⻩⻪⻬⻮⻰⻱",
    "丬乚乛亀亻刂卤尢尣巳幺彐彑忄扌攵斉旡歺民氵灬爫犭礻竜糹纟罓耂肀艹衤见角讠贝车辶钅長镸长门阝青韦页风飞食飠饣马骨鬼鱼鸟麦黄黾齐齿龙龜",
)
_WRITTEN: Final = {
    **dict(zip(*_RADICALS, strict=True)),
    **{chr(code): unicodedata.normalize("NFKC", chr(code)) for code in (0x2E9F, 0x2EF3, *range(0x2F00, 0x2FD6))},
    "⼾": "户",  # Unicode says 戶, the fonts of the mainland draw 户
    "\t": " ",
    "\u2003": "\u3000",
}
_TABLE = re.compile(rb"begincmap.*?endcmap", re.DOTALL)
_CODE = re.compile(rb"<([0-9A-F]{4})>")


def told_plainly(pdf: bytes) -> bytes:
    """Return the PDF as Qt wrote it, its glyphs told as the characters that were written; not a byte longer."""
    return _TABLE.sub(_table, pdf)


def _table(found: re.Match[bytes]) -> bytes:
    head, start, rest = found[0].partition(b"endcodespacerange")
    first, bracket, codes = rest.partition(b"[")  # before it stand the glyphs' own numbers
    return head + start + first + bracket + _CODE.sub(_character, codes)


def _character(found: re.Match[bytes]) -> bytes:
    told = chr(int(found[1], 16))
    return b"<%04X>" % ord(_WRITTEN.get(told, told))
