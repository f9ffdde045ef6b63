"""Text that broken fonts give (代理码位): made fit to be written as UTF-8."""

from __future__ import annotations


def clean_text(text: str) -> str:
    """Return the text with paired surrogates joined, lone ones replaced and NUL characters left out."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")
