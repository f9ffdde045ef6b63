"""Checks over several fields of a record: a closed list of operators that a kind's file names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sync.contract import dates, identity
from sync.contract.dates import PartialDate, Precision
from sync.contract.findings import Finding, Level, Normal
from sync.contract.kinds import Check, Kind


@dataclass(frozen=True, slots=True)
class Facts:
    kind: Kind
    written: Mapping[str, str]
    normal: Mapping[str, Normal]

    def dated(self, key: str) -> PartialDate | None:
        value = self.normal.get(key)
        return value.day if value else None

    def amount(self, key: str) -> Decimal | None:
        value = self.normal.get(key)
        return Decimal(value.value) if value else None

    def in_group(self, key: str) -> dict[str, Normal]:
        """Every normalised value of a field of a repeated group, by its written key."""
        prefix, name = key.split(".", 1)
        pattern = re.compile(rf"{re.escape(prefix)}\.\d+\.{re.escape(name)}")
        return {one: value for one, value in self.normal.items() if pattern.fullmatch(one)}


def _found(check: Check, code: str, at: str = "", **facts: str) -> Finding:
    return Finding(Level(check.level), at or check.field, code, {**facts, "basis": check.basis})


def _sex_is(check: Check, facts: Facts) -> Iterator[Finding]:
    sex = facts.written.get(check.field)
    if sex and sex != check.value:
        yield _found(check, "sex_is", expected=check.value)


def _distinct(check: Check, facts: Facts) -> Iterator[Finding]:
    one, other = facts.normal.get(check.field), facts.normal.get(check.other)
    if one and one == other:
        yield _found(check, "distinct")


def _distinct_in(check: Check, facts: Facts) -> Iterator[Finding]:
    seen = {value.value for key in (check.other,) if (value := facts.normal.get(key))}
    for key, value in sorted(facts.in_group(check.field).items()):
        if value.value in seen:
            yield _found(check, "distinct", at=key)
        seen.add(value.value)


def _age_at_least(check: Check, facts: Facts) -> Iterator[Finding]:
    born, then = facts.dated(check.field), facts.dated(check.other)
    if born and then:
        _, most = dates.years_between(born, then)
        if most < check.amount:
            yield _found(check, "age_at_least", years=str(check.amount), age=str(max(most, 0)))


def _age_below(check: Check, facts: Facts) -> Iterator[Finding]:
    born, then = facts.dated(check.field), facts.dated(check.other)
    if born and then:
        fewest, _ = dates.years_between(born, then)
        if fewest >= check.amount:
            yield _found(check, "age_below", years=str(check.amount), age=str(fewest))


def _age_gap_at_least(check: Check, facts: Facts) -> Iterator[Finding]:
    """The other was born at least `amount` years after the one."""
    one, other = facts.dated(check.field), facts.dated(check.other)
    if one and other and dates.years_between(one, other)[1] < check.amount:
        yield _found(check, "age_gap_at_least", years=str(check.amount), other=check.other)


def _after(check: Check, facts: Facts) -> Iterator[Finding]:
    one, other = facts.dated(check.field), facts.dated(check.other)
    if one and other and one.last_day < other.first_day:
        yield _found(check, "after", other=check.other)


def _days_after(check: Check, facts: Facts) -> Iterator[Finding]:
    one, other = facts.dated(check.field), facts.dated(check.other)
    if one and other and (one.last_day - other.first_day).days < check.amount:
        yield _found(check, "days_after", days=str(check.amount), other=check.other)


def _days_within(check: Check, facts: Facts) -> Iterator[Finding]:
    one, other = facts.dated(check.field), facts.dated(check.other)
    if one and other and (one.first_day - other.last_day).days > check.amount:
        yield _found(check, "days_within", days=str(check.amount), other=check.other)


def _month_after(check: Check, facts: Facts) -> Iterator[Finding]:
    """The month that follows the other date's; dates that tell only a year are let be."""
    one, other = facts.dated(check.field), facts.dated(check.other)
    if not one or not other or Precision.YEAR in (one.precision, other.precision):
        return
    after = other.last_day.replace(day=28) + timedelta(days=4)
    if (one.first_day.year, one.first_day.month) != (after.year, after.month):
        yield _found(check, "month_after", month=f"{after.year}-{after.month:02}")


def _not_before_day(check: Check, facts: Facts) -> Iterator[Finding]:
    one = facts.dated(check.field)
    if one and one.last_day < date.fromisoformat(check.value):
        yield _found(check, "not_before_day", day=check.value)


def _before_day(check: Check, facts: Facts) -> Iterator[Finding]:
    one = facts.dated(check.field)
    if one and one.first_day >= date.fromisoformat(check.value):
        yield _found(check, "before_day", day=check.value)


def _below(check: Check, facts: Facts) -> Iterator[Finding]:
    one, other = facts.amount(check.field), facts.amount(check.other)
    if one is not None and other is not None and one >= other:
        yield _found(check, "below", other=check.other)


def _at_most(check: Check, facts: Facts) -> Iterator[Finding]:
    one, other = facts.amount(check.field), facts.amount(check.other)
    if one is not None and other is not None and one > other:
        yield _found(check, "at_most", other=check.other)


def _one_of(check: Check, facts: Facts) -> Iterator[Finding]:
    text = facts.written.get(check.field)
    if text and text not in check.choices:
        yield _found(check, "one_of", choices="、".join(check.choices))


def _either_of(check: Check, facts: Facts) -> Iterator[Finding]:
    """One of the fields says the value, once all of them say something."""
    keys = (check.field, *check.others)
    texts = [facts.written.get(key) for key in keys]
    if all(texts) and check.value not in texts:
        labels = [one.label if (one := facts.kind.field(key)) else key for key in keys]
        yield _found(check, "either_of", others="、".join(labels), value=check.value)


def _none_is(check: Check, facts: Facts) -> Iterator[Finding]:
    """No place of a repeated group says the value."""
    group, name = check.field.split(".", 1)
    for key, text in facts.written.items():
        if re.fullmatch(rf"{re.escape(group)}\.\d+\.{re.escape(name)}", key) and text == check.value:
            yield _found(check, "none_is", at=key, value=check.value)


def _digits_of(check: Check, facts: Facts) -> Iterator[Finding]:
    """The number begins with the other number, then the first sign of each of the others' choices."""
    text, number = facts.written.get(check.field), facts.normal.get(check.other)
    choices = [facts.written.get(key, "") for key in check.others]
    if not text or not number:
        return
    expected = number.value + "".join(choice[:1] for choice in choices)
    if all(choices) and not identity.normalise(text).startswith(expected):
        yield _found(check, "digits_of", expected=expected)


def people_of(check: Check, written: Mapping[str, str]) -> int:
    """`amount` heads, and everybody of the other group."""
    return check.amount + len({key.split(".")[1] for key in written if key.startswith(check.other + ".")})


def _quotient(check: Check, facts: Facts) -> Iterator[Finding]:
    """The written share against the sum of all `income_*` fields over the people."""
    incomes = [key for key in facts.normal if key.startswith("income_")]
    share, people = facts.amount(check.field), people_of(check, facts.written)
    if share is None or not incomes:
        return
    expected = sum((facts.amount(key) or Decimal(0) for key in incomes), Decimal(0)) / people
    if abs(expected - share) >= 1:
        yield _found(check, "quotient", expected=f"{expected:.2f}", people=str(people))


def shortfall(check: Check, written: Mapping[str, str], line: Decimal | None, share: Decimal | None) -> Decimal | None:
    """Return what each of the people lacks to the line, for all of them (补差); None where it is not known, or nobody lacks."""
    if line is None or share is None or share >= line:
        return None
    return (line - share) * people_of(check, written)


def _shortfall(check: Check, facts: Facts) -> Iterator[Finding]:
    """The written sum against what all the people together lack; the others are the line, and what each of them has."""
    line, share = (facts.amount(key) for key in check.others)
    written, expected = facts.amount(check.field), shortfall(check, facts.written, line, share)
    if written is not None and expected is not None and abs(expected - written) >= 1:
        yield _found(check, "shortfall", expected=f"{expected:.2f}", people=str(people_of(check, facts.written)))


def _service_years(check: Check, facts: Facts) -> Iterator[Finding]:
    """Each part of a year counts as a whole one."""
    start, end = facts.dated("enlist"), facts.dated("discharge")
    text = identity.normalise(facts.written.get(check.field, ""))
    if not (start and end and text.isdigit()):
        return
    fewest, most = dates.years_between(start, end)
    if not fewest <= int(text) <= most + 1:
        yield _found(check, "service_years", expected=str(fewest + 1))


def _is_standard(check: Check, facts: Facts) -> Iterator[Finding]:
    """The amount is that of the standard which held on the day of the case where the other field says."""
    one, case = facts.amount(check.field), facts.dated(facts.kind.case_date)
    where = facts.written.get(check.other, "")
    held = None if case is None else facts.kind.standard(check.value, where, case.first_day)
    if one is not None and held is not None and one != Decimal(held.yuan):
        yield _found(check, "is_standard", expected=held.yuan, since=held.since.isoformat(), where=where)


_OPERATORS: Mapping[str, Callable[[Check, Facts], Iterator[Finding]]] = {
    "sex_is": _sex_is,
    "distinct": _distinct,
    "distinct_in": _distinct_in,
    "age_at_least": _age_at_least,
    "age_below": _age_below,
    "age_gap_at_least": _age_gap_at_least,
    "after": _after,
    "days_after": _days_after,
    "days_within": _days_within,
    "month_after": _month_after,
    "not_before_day": _not_before_day,
    "before_day": _before_day,
    "below": _below,
    "at_most": _at_most,
    "one_of": _one_of,
    "either_of": _either_of,
    "none_is": _none_is,
    "digits_of": _digits_of,
    "quotient": _quotient,
    "shortfall": _shortfall,
    "service_years": _service_years,
    "is_standard": _is_standard,
}
OPERATORS = frozenset(_OPERATORS)


def run(check: Check, facts: Facts) -> Iterator[Finding]:
    """Yield what a check finds; a check whose fields are not known finds nothing."""
    return _OPERATORS[check.operator](check, facts)
