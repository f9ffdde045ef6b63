"""Make the static tables of resources/codes from their sources; run by maintainers, never by an office.

fold.txt: one line a character, `from` and `to` with nothing between: Traditional, Hong Kong and Taiwan forms
and variants to the Simplified form that search folds to. Source: the OpenCC dictionaries (Apache-2.0).
readings.txt: one line a syllable of pinyin, without tones, and the characters that are read so first. Source: pypinyin (MIT).
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

from opencc import OpenCC
from pypinyin import Style, pinyin
from pypinyin.pinyin_dict import pinyin_dict

CODES = Path(__file__).resolve().parent.parent / "resources" / "codes"
HAN = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x2F00, 0x2FE0), (0x20000, 0x2A6E0))


def fold_lines() -> list[str]:
    """Return the pairs whose folded form differs, each as two characters."""
    steps = [OpenCC(name) for name in ("hk2s", "tw2s", "t2s")]
    lines = []
    for first, last in HAN:
        for code in range(first, last):
            character = chr(code)
            folded = unicodedata.normalize("NFKC", character)
            for step in steps:
                changed = step.convert(folded)
                folded = changed if len(changed) == 1 else folded
            if folded != character:
                lines.append(character + folded)
    return lines


def reading_lines() -> list[str]:
    """Return the syllables in order, each with its characters; sounds without a vowel (嗯, 呣) are no part of a name."""
    read: dict[str, list[str]] = {}
    for code in sorted(pinyin_dict):
        if any(first <= code < last for first, last in HAN):
            syllable = pinyin(chr(code), style=Style.NORMAL, heteronym=False)[0][0]
            if syllable.isascii() and syllable.isalpha() and set(syllable) & set("aeiouv"):
                read.setdefault(syllable, []).append(chr(code))
    return [f"{syllable} {''.join(characters)}" for syllable, characters in sorted(read.items())]


def write(name: str, lines: list[str]) -> None:
    (CODES / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    sys.stdout.write(f"{name}: {len(lines)} lines\n")


if __name__ == "__main__":
    write("fold.txt", fold_lines())
    write("readings.txt", reading_lines())
