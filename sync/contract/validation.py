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
CARD_LENGTHS = (16, 19)
"""Digits of the numbers of bank cards."""


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
    written = {key: text for key, given in written.items() if (text := given.strip())}
    derived = _derive(kind, written)
    whole = {**written, **derived} if derived else written
    case = _day(kind, whole)
    normal: dict[str, Normal] = {}
    said: dict[str, list[Finding]] = {}
    unknown: list[Finding] = []
    for key, text in whole.items():
        one = kind.field(key)
        if one is None:
            unknown.append(Finding(Level.ERROR, key, "unknown_field"))
            continue
        if one.means_more and (meant := normalise(one, text)):
            normal[key] = meant
        elif key in derived:
            normal[key] = Normal(text)
        if not (one.plain and _is_sound(one, text)) and (found := _judge_field(one, key, whole, case, origin, today)):
            said[key] = found
    for key, one in kind.needed(written):
        if key not in whole and (missing := _miss(one, key, whole, case, origin)):
            said[key] = [missing]
    findings = [it for key in kind.form(written) for it in said.get(key, ())] if said else []
    findings += unknown
    facts = checks.Facts(kind, whole, normal)
    for check in kind.checks:
        if check.when.holds(whole, case):
            findings += checks.run(check, facts)
    findings += _missing_papers(kind, whole, case, papers or {})
    year = case.year if case else None
    return Judgement(normal, derived, _title(kind, written), case, year, tuple(findings))


def _day(kind: Kind, written: Mapping[str, str]) -> date | None:
    """The first day that the date of the case can mean."""
    normal = normalise(kind.field(kind.case_date), written.get(kind.case_date, ""))
    return normal.day.first_day if normal and normal.day else None


def _is_sound(one: Field, text: str) -> bool:
    """True of a text that `_judge_text` has nothing to say against; nearly every text is of this kind."""
    if len(text) > one.max_length or not text.isprintable() or "\ufffd" in text or text in one.refused:
        return False
    return not one.choices or text in one.choices


def _source(key: str, one: Field) -> str:
    """The written key a derived field reads: members.3.birth reads members.3.id_no."""
    return key.rsplit(".", 1)[0] + "." + one.derived_from.rsplit(".", 1)[1]


def _derive(kind: Kind, written: Mapping[str, str]) -> dict[str, str]:
    """Sex and birth that an identity number tells where the form leaves them open."""
    derived: dict[str, str] = {}
    for key, one in kind.derived(written):
        if key in written:
            continue
        number = identity.read(written.get(_source(key, one), ""))
        if isinstance(number, identity.IdentityNumber):
            derived[key] = number.born.isoformat() if one.type is FieldType.DATE else str(number.sex)
    return derived


def _title(kind: Kind, written: Mapping[str, str]) -> str:
    parts = list(kind.title_parts)
    parts[1::2] = [written.get(key, "□") for key in parts[1::2]]
    return "".join(parts)


def _against_paper(origin: Origin) -> Level:
    """The paper may be wrong, and the copy right; a case of today may not."""
    return Level.WARNING if origin is Origin.PAPER else Level.ERROR


def _miss(one: Field, key: str, written: Mapping[str, str], case: date | None, origin: Origin) -> Finding | None:
    if one.required:
        return Finding(Level.ERROR, key, "needed")
    if one.required_when and one.required_when.holds(written, case):
        return Finding(_against_paper(origin), key, "needed_then")
    return None


def _judge_field(
    one: Field, key: str, written: Mapping[str, str], case: date | None, origin: Origin, today: date
) -> list[Finding]:
    text = written[key]
    findings = [] if _is_sound(one, text) else _judge_text(one, key, text)
    paper_or_error = _against_paper(origin)
    if one.pattern and (one.pattern_when is None or one.pattern_when.holds(written, case)):
        plain = identity.normalise(text) if one.type is FieldType.IDENTITY else text
        if not re.fullmatch(one.pattern, plain):
            findings.append(Finding(Level.WARNING, key, "other_form", {"example": one.example}))
    by_type = _TYPES.get(one.type)
    if by_type and (found := by_type(one, key, text, paper_or_error, today)):
        findings.append(found)
    if one.derived_from and (found := _differs_from_number(one, key, text, written, paper_or_error)):
        findings.append(found)
    return findings


def _judge_text(one: Field, key: str, text: str) -> list[Finding]:
    """What stands against it as a text, whatever it means."""
    findings = []
    if len(text) > one.max_length:
        findings.append(Finding(Level.ERROR, key, "too_long", {"most": str(one.max_length)}))
    if _NEVER.search(text):
        findings.append(Finding(Level.ERROR, key, "special_character"))
    elif _HIDDEN.search(text):
        findings.append(Finding(Level.WARNING, key, "hidden_character"))
    if text in one.refused:
        findings.append(Finding(Level.ERROR, key, "secret_refused", {"level": text}))
    elif one.choices and text not in one.choices:
        findings.append(Finding(Level.ERROR, key, "not_a_choice", {"choices": "、".join(one.choices)}))
    return findings


def _judge_name(one: Field, key: str, text: str, level: Level, today: date) -> Finding | None:
    return None if _NAME.fullmatch(text) else Finding(Level.WARNING, key, "odd_name")


def _judge_identity(one: Field, key: str, text: str, level: Level, today: date) -> Finding | None:
    number = identity.read(text)
    if isinstance(number, identity.NotAnIdentityNumber):
        facts = {"expected": number.expected or "", "length": str(len(identity.normalise(text)))}
        return Finding(level, key, f"identity_{number.fault}", facts)
    if number.born > today:
        return Finding(level, key, "identity_birth")
    if number.written_length == 15:
        return Finding(Level.INFO, key, "identity_lengthened", {"number": number.number})
    return None


def _judge_date(one: Field, key: str, text: str, level: Level, today: date) -> Finding | None:
    read = dates.read(text)
    if read is None:
        return Finding(Level.WARNING, key, "date_not_understood")
    if read.first_day > today and not one.ahead:
        return Finding(Level.ERROR, key, "date_ahead")
    return None


def _judge_phone(one: Field, key: str, text: str, level: Level, today: date) -> Finding | None:
    if not _PHONE.fullmatch(re.sub(r"[\s-]", "", identity.normalise(text))):
        return Finding(Level.WARNING, key, "odd_phone")
    return None


def _judge_money(one: Field, key: str, text: str, level: Level, today: date) -> Finding | None:
    return Finding(Level.ERROR, key, "not_money") if amount_of(text) is None else None


def _judge_integer(one: Field, key: str, text: str, level: Level, today: date) -> Finding | None:
    if not re.fullmatch(r"\d{1,9}", identity.normalise(text)):
        return Finding(Level.ERROR, key, "not_a_number")
    return None


def _judge_account(one: Field, key: str, text: str, level: Level, today: date) -> Finding | None:
    digits = re.sub(r"[\s-]", "", identity.normalise(text))
    if not re.fullmatch(r"\d{8,30}", digits):
        return Finding(Level.WARNING, key, "odd_account")
    if len(digits) in CARD_LENGTHS and not ends_in_luhn_digit(digits):
        return Finding(Level.WARNING, key, "account_check")
    return None


def ends_in_luhn_digit(digits: str) -> bool:
    """Bank cards end in a Luhn digit (ISO/IEC 7812-1); passbooks of other lengths have none."""
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


_TYPES: Mapping[FieldType, Callable[[Field, str, str, Level, date], Finding | None]] = {
    FieldType.NAME: _judge_name,
    FieldType.IDENTITY: _judge_identity,
    FieldType.DATE: _judge_date,
    FieldType.PHONE: _judge_phone,
    FieldType.MONEY: _judge_money,
    FieldType.INTEGER: _judge_integer,
    FieldType.ACCOUNT: _judge_account,
}


def _differs_from_number(one: Field, key: str, text: str, written: Mapping[str, str], level: Level) -> Finding | None:
    number = identity.read(written.get(_source(key, one), ""))
    if not isinstance(number, identity.IdentityNumber):
        return None
    if one.type is FieldType.DATE:
        read = dates.read(text)
        differs = read is not None and not read.first_day <= number.born <= read.last_day
        expected = number.born.isoformat()
    else:
        differs, expected = text != number.sex, str(number.sex)
    return Finding(level, key, "differs_from_number", {"expected": expected}) if differs else None


def _missing_papers(
    kind: Kind, written: Mapping[str, str], case: date | None, papers: Mapping[str, int]
) -> Iterator[Finding]:
    for paper in kind.papers:
        if paper.required_for(written, case) and not papers.get(paper.key):
            yield Finding(Level.WARNING, f"papers.{paper.key}", "paper_missing", {"paper": paper.label})


__all__ = ["Finding", "Judgement", "Level", "Normal", "Origin", "ends_in_luhn_digit", "judge", "normalise"]
