"""Validation (校验): what can be said against a record before it is filed, in three levels.

error: cannot be filed. warning: filed with a reason that stays on the record. info: told, nothing asked. On a record copied
from old paper a wrong identity number is a warning (the paper is wrong, the copy is right); on a case of today an error.
Both ends of the line judge by this one function. The findings carry codes and facts; resources/messages has the sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sync.contract import checks, dates, identity
from sync.contract.findings import Finding, Level, Normal, amount_of, normalise
from sync.contract.kinds import Field, FieldType, Kind

_NAME = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇A-Za-z·•.\s□]{1,50}")
# U+200C and U+200D are left alone: some scripts of China are written with them
_NEVER = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufff9-\uffff]"
)
_HIDDEN = re.compile(
    "[\u200b\u200e\u200f\u2060-\u2065\ufeff\ue000-\uf8ff]"
)  # unseen, or a sign that only one computer knows
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
_MONEY = re.compile(r"\d{1,9}(\.\d{1,2})?")


class Origin(StrEnum):
    """Where the record comes from (来源)."""

    PAPER = "paper"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a kind says of a record: normalised and derived values, the title, the findings in the form's order."""

    normal: Mapping[str, Normal]
    derived: Mapping[str, str]
    title: str
    case: date | None
    year: int | None
    findings: tuple[Finding, ...]

    def unexcused(self, reasons: Mapping[str, str]) -> tuple[Finding, ...]:
        """Return what still stands in the way of filing: errors, and warnings without a reason."""
        return tuple(
            finding
            for finding in self.findings
            if finding.level is Level.ERROR
            or (finding.level is Level.WARNING and not reasons.get(finding.field, "").strip())
        )


def judge(
    kind: Kind, written: Mapping[str, str], *, origin: Origin, today: date, papers: Mapping[str, int] | None = None
) -> Judgement:
    """Return everything the kind says of what is written; `papers` counts the pages attached to each paper key."""
    written = {key: text.strip() for key, text in written.items() if text.strip()}
    normal = {key: value for key, text in written.items() if (value := normalise(kind.field(key), text))}
    derived = _derive(kind, written)
    normal = _with_derived(kind, normal, derived)
    case = _day(normal.get(kind.case_date))
    whole = {**written, **derived}
    findings: list[Finding] = []
    for group in kind.groups:
        for key, one in kind.instances(group, written):
            text = whole.get(key)
            if text is None:  # most fields of most records are empty
                if not (one.required or one.required_when):
                    continue
            elif key in kind.plain and _is_sound(one, text):
                continue
            findings += _judge_field(one, key, whole, normal, case, origin, today)
    findings += [Finding(Level.ERROR, key, "unknown_field") for key in written if kind.field(key) is None]
    for check in kind.checks:
        if check.when.holds(whole, case):
            findings += checks.run(check, checks.Facts(kind, whole, normal))
    findings += _missing_papers(kind, whole, case, papers or {})
    year = case.year if case else None
    return Judgement(normal, derived, _title(kind, written), case, year, tuple(findings))


def _is_sound(one: Field, text: str) -> bool:
    """True of a text that `_judge_field` has nothing to say against, as long as its field is plain."""
    if len(text) > one.max_length or not text.isprintable() or "\ufffd" in text or text in one.refused:
        return False
    return not one.choices or text in one.choices


def _day(value: Normal | None) -> date | None:
    read = checks.partial(value)
    return read.first_day if read else None


def _source(key: str, one: Field) -> str:
    """The written key a derived field reads: members.3.birth reads members.3.id_no."""
    return key.rsplit(".", 1)[0] + "." + one.derived_from.rsplit(".", 1)[1]


def _derive(kind: Kind, written: Mapping[str, str]) -> dict[str, str]:
    """Sex and birth that an identity number tells where the form leaves them open."""
    derived: dict[str, str] = {}
    for group in kind.deriving:
        for key, one in kind.instances(group, written):
            if not one.derived_from or key in written:
                continue
            number = identity.read(written.get(_source(key, one), ""))
            if isinstance(number, identity.IdentityNumber):
                derived[key] = number.born.isoformat() if one.type is FieldType.DATE else str(number.sex)
    return derived


def _with_derived(kind: Kind, normal: Mapping[str, Normal], derived: Mapping[str, str]) -> dict[str, Normal]:
    more = {key: normalise(kind.field(key), text) or Normal(text) for key, text in derived.items()}
    return {**normal, **more}


def _title(kind: Kind, written: Mapping[str, str]) -> str:
    return re.sub(r"\{([^}]+)\}", lambda found: written.get(found.group(1), "□"), kind.title)


def _judge_field(
    one: Field,
    key: str,
    written: Mapping[str, str],
    normal: Mapping[str, Normal],
    case: date | None,
    origin: Origin,
    today: date,
) -> Iterator[Finding]:
    text = written.get(key, "")
    paper_or_error = Level.WARNING if origin is Origin.PAPER else Level.ERROR
    if not text:
        if one.required:
            yield Finding(Level.ERROR, key, "needed")
        elif one.required_when and one.required_when.holds(written, case):
            yield Finding(paper_or_error, key, "needed_then")
        return
    if len(text) > one.max_length:
        yield Finding(Level.ERROR, key, "too_long", {"most": str(one.max_length)})
    if not text.isprintable() or "\ufffd" in text:  # nearly every text is printable
        if _NEVER.search(text):
            yield Finding(Level.ERROR, key, "special_character")
        elif _HIDDEN.search(text):
            yield Finding(Level.WARNING, key, "hidden_character")
    if text in one.refused:
        yield Finding(Level.ERROR, key, "secret_refused", {"level": text})
    elif one.choices and text not in one.choices:
        yield Finding(Level.ERROR, key, "not_a_choice", {"choices": "、".join(one.choices)})
    if one.pattern and (one.pattern_when is None or one.pattern_when.holds(written, case)):
        plain = identity.normalise(text) if one.type is FieldType.IDENTITY else text
        if not re.fullmatch(one.pattern, plain):
            yield Finding(Level.WARNING, key, "other_form", {"example": one.example})
    yield from _TYPES.get(one.type, _nothing)(one, key, text, paper_or_error, today)
    if one.derived_from:
        yield from _differs_from_number(one, key, text, written, paper_or_error)


def _nothing(one: Field, key: str, text: str, level: Level, today: date) -> Iterator[Finding]:
    yield from ()


def _judge_name(one: Field, key: str, text: str, level: Level, today: date) -> Iterator[Finding]:
    if not _NAME.fullmatch(text):
        yield Finding(Level.WARNING, key, "odd_name")


def _judge_identity(one: Field, key: str, text: str, level: Level, today: date) -> Iterator[Finding]:
    number = identity.read(text)
    if isinstance(number, identity.NotAnIdentityNumber):
        facts = {"expected": number.expected or "", "length": str(len(identity.normalise(text)))}
        yield Finding(level, key, f"identity_{number.fault}", facts)
    elif number.born > today:
        yield Finding(level, key, "identity_birth")
    elif number.written_length == 15:
        yield Finding(Level.INFO, key, "identity_lengthened", {"number": number.number})


def _judge_date(one: Field, key: str, text: str, level: Level, today: date) -> Iterator[Finding]:
    read = dates.read(text)
    if read is None:
        yield Finding(Level.WARNING, key, "date_not_understood")
    elif read.first_day > today and not one.ahead:
        yield Finding(Level.ERROR, key, "date_ahead")


def _judge_phone(one: Field, key: str, text: str, level: Level, today: date) -> Iterator[Finding]:
    if not _PHONE.fullmatch(re.sub(r"[\s-]", "", identity.normalise(text))):
        yield Finding(Level.WARNING, key, "odd_phone")


def _judge_money(one: Field, key: str, text: str, level: Level, today: date) -> Iterator[Finding]:
    if amount_of(text) is None:
        yield Finding(Level.ERROR, key, "not_money")


def _judge_integer(one: Field, key: str, text: str, level: Level, today: date) -> Iterator[Finding]:
    if not re.fullmatch(r"\d{1,9}", identity.normalise(text)):
        yield Finding(Level.ERROR, key, "not_a_number")


def _judge_account(one: Field, key: str, text: str, level: Level, today: date) -> Iterator[Finding]:
    digits = re.sub(r"[\s-]", "", identity.normalise(text))
    if not re.fullmatch(r"\d{8,30}", digits):
        yield Finding(Level.WARNING, key, "odd_account")
    elif len(digits) in (16, 19) and not _luhn(digits):
        yield Finding(Level.WARNING, key, "account_check")


def _luhn(digits: str) -> bool:
    """Bank cards end in a Luhn digit (ISO/IEC 7812-1); passbooks of other lengths have none."""
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


_TYPES: Mapping[FieldType, Callable[[Field, str, str, Level, date], Iterator[Finding]]] = {
    FieldType.NAME: _judge_name,
    FieldType.IDENTITY: _judge_identity,
    FieldType.DATE: _judge_date,
    FieldType.PHONE: _judge_phone,
    FieldType.MONEY: _judge_money,
    FieldType.INTEGER: _judge_integer,
    FieldType.ACCOUNT: _judge_account,
}


def _differs_from_number(
    one: Field, key: str, text: str, written: Mapping[str, str], level: Level
) -> Iterator[Finding]:
    number = identity.read(written.get(_source(key, one), ""))
    if not isinstance(number, identity.IdentityNumber):
        return
    if one.type is FieldType.DATE:
        read = dates.read(text)
        if read and not read.first_day <= number.born <= read.last_day:
            yield Finding(level, key, "differs_from_number", {"expected": number.born.isoformat()})
    elif text != number.sex:
        yield Finding(level, key, "differs_from_number", {"expected": str(number.sex)})


def _missing_papers(
    kind: Kind, written: Mapping[str, str], case: date | None, papers: Mapping[str, int]
) -> Iterator[Finding]:
    for paper in kind.papers:
        if paper.required_for(written, case) and not papers.get(paper.key):
            yield Finding(Level.WARNING, f"papers.{paper.key}", "paper_missing", {"paper": paper.label})


__all__ = ["Finding", "Judgement", "Level", "Normal", "Origin", "judge", "normalise"]
