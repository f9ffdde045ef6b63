"""Mentions (提及): what a record says of each person it names, read from its body; what two mentions are compared by.

A record names people in roles (当事人); a person is nobody's property and stands in many records. docs/persons.md.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from sync.contract import dates, identity, pinyin
from sync.contract.dates import PartialDate, Precision
from sync.contract.folding import fold
from sync.contract.kinds import Kind

LUNAR_YEAR_DAYS: Final = 51  # how late the lunar year may begin, by which 虚岁 counts


class Kin(StrEnum):
    """What another person is to the one who is mentioned (亲属关系)."""

    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"


class Verb(StrEnum):
    """What a record says happened to the person."""

    MARRIES = "marries"
    DIVORCES = "divorces"
    DIES = "dies"


@dataclass(frozen=True, slots=True)
class Born:
    """The days a birth may have been on, and what that was read from: day, month, year, or an age as written (原文年龄).

    An age may count full years or 虚岁; `full_from` is the first day that full years allow.
    """

    first: date
    last: date
    told: str

    def gap_days(self, other: Born) -> int:
        """Return how many days lie between the two; 0 where both may be true."""
        return max(0, (self.first - other.last).days, (other.first - self.last).days)


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody named beside the person, by what they are to each other."""

    kin: Kin
    name: str
    born: Born | None


@dataclass(frozen=True, slots=True)
class Event:
    """A marriage, divorce or death of the person, on a day to the precision the paper has; `said` is 婚姻状况 before it."""

    verb: Verb
    on: PartialDate
    other: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Mention:
    """What one record says of one person in one role.

    `number` is a valid identity number in 18 characters, else ""; `written_number` is what the paper has, `home` too. `township` and
    `village` are stems (柳林 for 柳林村村民委员会), for comparing only. `key` names the mention within its record by what it
    says, not by its place: a member who moves up a line is the same mention.
    """

    place: str
    key: str
    name: str
    former: str
    number: str
    written_number: str
    sex: str
    born: Born | None
    home: str
    township: str
    village: str
    case: PartialDate | None
    kin: tuple[Relative, ...] = ()
    events: tuple[Event, ...] = ()

    @property
    def sound(self) -> str:
        """What mentions are looked up by: how the name sounds to an ear that mixes up zh and z, ng and n."""
        return near_sound(self.name)


_SOFT = ((re.compile("^([zcs])h"), r"\1"), (re.compile("ng$"), "n"))
_UNREAD = re.compile(r"[\s·•.・‧]+")
_TOWNSHIP = re.compile(r"^(?:.*?(?:省|市|县|区|旗))?(.{2,8}?)(?:人民公社|街道|镇|乡|公社)")
_VILLAGE = re.compile(
    r"(?:.*(?:人民公社|公社|街道|镇|乡|办事处))?(.{1,12}?)(?:村民委员会|社区居民委员会|居民委员会|居委会|生产大队|大队|社区|村)"
)
_AGE = re.compile(r"(?:虚|虚岁|周岁|足|实)?([0-9]{1,3}|[一二三四五六七八九十廿卅]{1,4})(?:周?岁)?")
_TOLD: Final = {"配偶": Kin.SPOUSE, "夫": Kin.SPOUSE, "妻": Kin.SPOUSE, "子": Kin.CHILD, "女": Kin.CHILD,
                "父": Kin.PARENT, "母": Kin.PARENT}  # fmt: skip
_APART: Final = ("child", "told", "dies")  # ties that do not mean one home
_SELF: Final = ("户主", "本人")
_OPPOSITE: Final = {Kin.SPOUSE: Kin.SPOUSE, Kin.CHILD: Kin.PARENT, Kin.PARENT: Kin.CHILD}


def plain_name(name: str) -> str:
    """Return a name as it is compared: folded, without blanks and the dot of a transcribed name."""
    return _UNREAD.sub("", fold(name))


@lru_cache(maxsize=4096)
def near_sound(name: str) -> str:
    """Return how a name sounds, without the differences that many dialects do not make; "" for no name.

    珍 and 贞, 秀 and 绣, 明 and 民 sound alike. A name without Chinese characters is its own sound.
    """
    said = pinyin.readings(plain_name(name))
    return " ".join(_softened(one) for one in said[0]) if said else ""


def _softened(syllable: str) -> str:
    for pattern, plain in _SOFT:
        syllable = pattern.sub(plain, syllable)
    return syllable


def mentions_of(kind: Kind, body: Mapping[str, Any]) -> tuple[Mention, ...]:
    """Return everybody a record's body names in a role, each with kin and events; a void names nobody."""
    fields: Mapping[str, str] = body.get("fields", {})
    normal: Mapping[str, Any] = body.get("normal", {})
    case = _date(normal, kind.case_date)
    office = fields.get("office") or fields.get("author", "")
    found = {
        place: _mention(kind, place, fields, normal, case, office)
        for place in _places(kind, fields)
        if fields.get(f"{place}.name", "").strip()
    }
    for tie in kind.ties:
        found = _tied(tie.verb, _of_group(found, tie.who), _of_group(found, tie.to), found, fields, case)
        if tie.verb not in _APART:
            found = _at_home(found, {*_of_group(found, tie.who), *_of_group(found, tie.to)})
    return tuple(_keyed(found.values()))


def _places(kind: Kind, fields: Mapping[str, str]) -> Iterator[str]:
    for group in kind.groups:
        if group.key not in kind.people:
            continue
        if not group.repeated:
            yield group.key
            continue
        begun = group.key + "."
        numbers = {key[len(begun) :].partition(".")[0] for key in fields if key.startswith(begun)}
        yield from (begun + one for one in sorted((one for one in numbers if one.isdecimal()), key=int))


def _mention(
    kind: Kind, place: str, fields: Mapping[str, str], normal: Mapping[str, Any], case: PartialDate | None, office: str
) -> Mention:
    def said(key: str) -> str:
        return fields.get(f"{place}.{key}", "").strip()

    def meant(key: str) -> str:
        return str(normal.get(f"{place}.{key}", {}).get("value", "")) or said(key)

    written = identity.normalise(said("id_no"))
    read = identity.read(written) if written else None
    known = read if isinstance(read, identity.IdentityNumber) else None
    township, village = home_of(said("village"))
    return Mention(
        place=place,
        key="",
        name=said("name"),
        former=said("former_name"),
        number=known.number if known else "",
        written_number=written,
        sex=meant("sex") or (str(known.sex) if known else _sex_by_kind(kind, place)),
        born=_born(normal, place, said, known, case),
        home=said("village"),
        township=township or (home_of(office)[0] if office else ""),
        village=village,
        case=case,
    )


def _sex_by_kind(kind: Kind, place: str) -> str:
    wanted = [one.value for one in kind.checks if one.operator == "sex_is" and one.field == f"{place}.sex"]
    return wanted[0] if wanted else ""


def _born(
    normal: Mapping[str, Any], place: str, said: Any, known: identity.IdentityNumber | None, case: PartialDate | None
) -> Born | None:
    read = _date(normal, f"{place}.birth")
    if read is not None:
        return Born(read.first_day, read.last_day, read.precision.value)
    if known is not None:
        return Born(known.born, known.born, Precision.DAY.value)
    years = read_age(said("age_as_written"))
    return born_by_age(years, case) if years is not None and case is not None else None


def _date(normal: Mapping[str, Any], key: str) -> PartialDate | None:
    one = normal.get(key)
    return PartialDate(one["value"], Precision(one["precision"])) if one and one.get("precision") else None


def read_age(text: str) -> int | None:
    """Return the years of an age as written (二十五岁, 25), None where it is none."""
    found = _AGE.fullmatch(re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)))
    if not found:
        return None
    years = int(found[1]) if found[1].isascii() else dates.count(found[1])
    return years if years is not None and 0 < years < 130 else None


def born_by_age(years: int, case: PartialDate) -> Born:
    """Return when somebody of that age on that day may have been born, whether it counts full years or 虚岁."""
    first = _years_before(case.first_day, years + 1) + timedelta(days=1)
    last = date(case.last_day.year - years + 1, 12, 31) + timedelta(days=LUNAR_YEAR_DAYS)
    return Born(first, min(last, case.last_day), "age")


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)


def home_of(address: str) -> tuple[str, str]:
    """Return the stems of township and village an address tells: (青石, 柳林) for 云泽县青石镇柳林村三组."""
    township, village = _TOWNSHIP.match(address), _VILLAGE.match(address)
    return township[1] if township else "", village[1] if village else ""


def _of_group(found: Mapping[str, Mention], group: str) -> list[str]:
    return [place for place in found if group and (place == group or place.startswith(group + "."))]


def _tied(
    verb: str, who: Sequence[str], to: Sequence[str], found: dict[str, Mention],
    fields: Mapping[str, str], case: PartialDate | None,
) -> dict[str, Mention]:  # fmt: skip
    """Return the mentions with what a tie of the kind says of these people."""
    if verb in ("told", "household"):
        return _told(who, to, found, fields)
    made = dict(found)
    for one in who:
        if verb == Verb.DIES and case is not None:
            made[one] = replace(made[one], events=(*made[one].events, Event(Verb.DIES, case)))
        for other in to:
            made = _related(made, one, Kin.PARENT if verb == "child" else Kin.SPOUSE, other)
            if verb in (Verb.MARRIES, Verb.DIVORCES) and case is not None:
                for mine, theirs in ((one, other), (other, one)):
                    status = fields.get(f"{mine}.status_before", "")
                    event = Event(Verb(verb), case, found[theirs].name, status)
                    made[mine] = replace(made[mine], events=(*made[mine].events, event))
    return made


def _told(
    who: Sequence[str], to: Sequence[str], found: dict[str, Mention], fields: Mapping[str, str]
) -> dict[str, Mention]:
    """Return the mentions with what the field `relation` says: what each is to the householder, or to the deceased."""
    everybody = [*to, *who]
    roles = {one: fields.get(f"{one}.relation", "") for one in everybody}
    anchors = [one for one in everybody if roles[one] in _SELF and one not in to] or list(to)
    if not anchors:
        return found
    anchor, made = anchors[0], dict(found)
    kin = {one: _TOLD[role] for one, role in roles.items() if role in _TOLD and one != anchor}
    for one, what in kin.items():  # what `one` is to the anchor
        made = _related(made, anchor, what, one)
    parents = [anchor, *(one for one, what in kin.items() if what is Kin.SPOUSE)]
    for child in (one for one, what in kin.items() if what is Kin.CHILD):
        for other in parents[1:]:  # a householder's spouse is taken for the parent of the children in the house
            made = _related(made, child, Kin.PARENT, other)
    return made


def _at_home(found: dict[str, Mention], together: Collection[str]) -> dict[str, Mention]:
    """Return the mentions with the home of a couple or household where the paper gives it once, for comparing only."""
    homes = [
        (found[place].township, found[place].village) for place in found if place in together and found[place].village
    ]
    if not homes:
        return found
    (township, village), *_ = homes
    return {
        place: one
        if one.village or place not in together
        else replace(one, township=township or one.township, village=village)
        for place, one in found.items()
    }


def _related(made: dict[str, Mention], one: str, kin: Kin, other: str) -> dict[str, Mention]:
    """Return the mentions with `other` being that to `one`, and the reverse."""
    mine, theirs = made[one], made[other]
    return {
        **made,
        one: replace(mine, kin=(*mine.kin, Relative(kin, theirs.name, theirs.born))),
        other: replace(theirs, kin=(*theirs.kin, Relative(_OPPOSITE[kin], mine.name, mine.born))),
    }


def _keyed(several: Any) -> Iterator[Mention]:
    """Give each mention its key: a digest of what it says of the person, counted where two say the same."""
    seen: dict[str, int] = {}
    for one in several:
        group = one.place.partition(".")[0]
        born = f"{one.born.first} {one.born.last} {one.born.told}" if one.born else ""
        digest = hashlib.sha256("\n".join((group, one.name, one.written_number, one.sex, born)).encode()).hexdigest()[
            :16
        ]
        seen[digest] = seen.get(digest, 0) + 1
        yield replace(one, key=digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
