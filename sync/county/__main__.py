"""`python -m sync.county`: make a county, serve it, give out enrolment codes, end an enrolment, declare a restore,
which desks are waited for after it, tell whose archive numbers are whose;
back it up, check all it holds, restore it, say where its attachments lie, report how every township stands and who may sign in,
look for what was filed twice, say which township may see what of the others (one-window).

After a county was put back from a backup, `declare-restore` makes every desk send again what it holds.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sync.contract.certificates import Role
from sync.contract.enrolment import LONGEST_HOURS
from sync.contract.errors import LantaiError, SealBroken
from sync.contract.one_window import EVERYBODY, May
from sync.contract.revisions import DeviceId, TownshipId
from sync.county import keeping, listing, moving, pairs, who_sees
from sync.county.log_check import check_log
from sync.county.service import ATTACHMENTS, RESERVE_BYTES, County, create_county
from sync.county.stick import StickOffice
from sync.vault.memory import keep_out_of_dumps
from sync.vault.whole_file import replace_whole

MIB = 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 if it was done, 2 with a line of reason if not."""
    asked = _parser().parse_args(arguments)
    key_file = asked.key_file or asked.data / "county.key"
    try:
        if asked.act == "init":
            create_county(asked.data, asked.name, key_file, asked.database)
            if asked.attachments is None:
                return 0
            asked.act, asked.to = "move-attachments", asked.attachments
        if asked.act == "restore":
            keeping.restore(asked.generation, asked.data, key_file, asked.database)
            if asked.journal is None:
                return 0
        county = County(asked.data, key_file, asked.database, reserve_bytes=asked.reserve_mib * MIB)
        try:
            (_replay if asked.act == "restore" else _ACTS[asked.act])(county, asked)
        finally:
            county.close()
    except (LantaiError, OSError) as error:
        print(f"sync.county: {error}", file=sys.stderr)
        return 2
    return 0


def _serve(county: County, asked: argparse.Namespace) -> None:
    from sync.county.serving import serve  # the web server is 0.5 s of import that the other acts do without

    if asked.journal is not None:
        county.keep_journal(asked.journal)
    serve(county, asked.data, asked.host, asked.port, until_stdin_ends=asked.until_stdin_ends)


def _make_code(county: County, asked: argparse.Namespace) -> None:
    role = Role(asked.role)
    name = asked.township_name if role is Role.DESK else asked.name
    township = TownshipId(asked.township) if role is Role.DESK else None
    print(county.new_code(role, name or "", township, asked.hours).spell())


def _end_enrolment(county: County, asked: argparse.Namespace) -> None:
    county.end_enrolment(DeviceId(asked.device))


def _declare_restore(county: County, asked: argparse.Namespace) -> None:
    county.ledger.take_new_epoch(secrets.token_hex(16))


def _waive(county: County, asked: argparse.Namespace) -> None:
    for device in county.ledger.waive(TownshipId(asked.township), asked.officer, asked.why):
        print(device)


def _audit(county: County, asked: argparse.Namespace) -> None:
    if asked.write:
        notes = list(county.logs.notes(DeviceId(asked.device) if asked.device else None))
        replace_whole(asked.write.absolute(), "\n".join(notes).encode())
        print(f"{len(notes)} checkpoints of desks are in {asked.write}")
    verdict = check_log(county, asked.checkpoints.read_text(encoding="utf-8") if asked.checkpoints else "")
    if verdict.first is not None:
        flaw, row = verdict.first.flaw.value, verdict.first.sequence
        raise SealBroken(f"the log breaks at row {row}: {flaw}", findings=len(verdict.findings), rows=verdict.size)
    print(
        f"the log is whole: {verdict.size} rows, {verdict.checkpoints} heads fit, the furthest at row {verdict.up_to}"
    )


def _begin_log(county: County, asked: argparse.Namespace) -> None:
    county.logs.begin_again(DeviceId(asked.device), asked.officer, asked.why)


def _replay(county: County, asked: argparse.Namespace) -> None:
    told = county.replay_journal(asked.journal)
    print(
        f"journal: {told.entries} entries; came back: decisions={told.decisions} devices={told.devices}"
        f" ended={told.ended} seats={told.seats}"
    )
    for torn in told.torn:
        print(f"journal: {torn.file} ends after entry {torn.entry}" + ("" if torn.at_the_end else ": damaged there"))
    if any(not torn.at_the_end for torn in told.torn):
        raise SealBroken("a file of the journal is damaged; what stands before the damage came back")


def _describe(county: County, asked: argparse.Namespace) -> None:
    from sync.county.api import make_api  # as for serving
    from sync.county.openapi import document

    print(json.dumps(document(make_api(county)), ensure_ascii=False, indent=1))


def _list_rulings(county: County, asked: argparse.Namespace) -> None:
    kept = list(county.rulings.kept())
    for one in kept:
        print(f"{one.at:%Y-%m-%dT%H:%M:%SZ} {one.kind.value} {one.subject} {one.who} {one.verdict} {one.why}")
    if any(one.verdict == "false" for one in kept):
        raise SealBroken("a ruling is not signed by whom it names")


def _take_stick(county: County, asked: argparse.Namespace) -> None:
    for told in StickOffice(county).take(asked.stick):
        if told.refused:
            print(f"{told.names[0]} refused: {told.refused}")
            continue
        done = f"requests={told.requests} pages={told.pages} events={told.events} problems={len(told.problems)}"
        print(f"{told.township} {told.device} packets={len(told.names)} {done} answer={told.answer}")


def _tell_numbers(county: County, asked: argparse.Namespace) -> None:
    township = TownshipId(asked.township)
    _print(
        listing.list_gaps(county, township, asked.series) if asked.series else listing.list_numbers(county, township)
    )


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _told(lines: Callable[[County], Iterable[str]]) -> Callable[[County, argparse.Namespace], None]:
    """Return the act that tells these lines."""
    return lambda county, _asked: _print(lines(county))


def _move_attachments(county: County, asked: argparse.Namespace) -> None:
    moving.move(county.storage, county.attachments.keeper, asked.data / ATTACHMENTS, asked.to)


def _back_up(county: County, asked: argparse.Namespace) -> None:
    print(keeping.back_up(county, asked.to, keep=asked.keep))


def _check(county: County, asked: argparse.Namespace) -> None:
    found = list(keeping.check(county, whole=asked.whole))
    for line in found:
        print(line)
    if found:
        raise SealBroken("not all is well", findings=len(found))
    print("all is well")


def _compare(county: County, asked: argparse.Namespace) -> None:
    if asked.all:
        county.comparing.again()
    done = 0
    while read := county.comparing.work_on():
        done += read
    with county.storage.connection() as connection:
        found = pairs.list_pairs(connection, county.kinds, False, 0)
    print(f"compared={done} cases={found.cases} claims={found.claims} persons={found.persons}")


def _one_window(county: County, asked: argparse.Namespace) -> None:
    if asked.may is not None:
        may = May(asked.may)
        who_sees.set_rule(
            county.storage,
            county.kinds,
            asked.township,
            asked.kind,
            may,
            officer=asked.officer or "",
            why=asked.why or "",
        )
    with county.storage.connection() as connection:
        _print(who_sees.list_rules(connection))


_ACTS = {
    "serve": _serve,
    "compare": _compare,
    "backup": _back_up,
    "check": _check,
    "move-attachments": _move_attachments,
    "report": _told(listing.list_townships),
    "users": _told(listing.list_users),
    "enrol-code": _make_code,
    "end-enrolment": _end_enrolment,
    "devices": _told(listing.list_devices),
    "declare-restore": _declare_restore,
    "witnesses": _told(listing.list_awaited),
    "waive": _waive,
    "rulings": _list_rulings,
    "replay-journal": _replay,
    "openapi": _describe,
    "disputes": _told(listing.list_disputes),
    "audit": _audit,
    "begin-log": _begin_log,
    "take-stick": _take_stick,
    "numbers": _tell_numbers,
    "one-window": _one_window,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sync.county", description=__doc__)
    acts = parser.add_subparsers(dest="act", required=True)
    for act in ("init", "restore", *_ACTS):
        one = acts.add_parser(act)
        one.add_argument("--data", type=Path, required=True, help="the county's folder")
        one.add_argument("--key-file", type=Path, help="opens the encrypted file; DATA/county.key by default")
        one.add_argument("--database", help="URL of a PostgreSQL database for the book: postgresql+psycopg://…")
        one.add_argument("--reserve-mib", type=int, default=RESERVE_BYTES // MIB, help="room to keep free on the disk")
        _ADD_OPTIONS.get(act, lambda _: None)(one)
    return parser


def _add_init(one: argparse.ArgumentParser) -> None:
    one.add_argument("--name", required=True, help="of the county's office")
    one.add_argument(
        "--attachments", help="a store of objects for them: s3://bucket/prefix; the county's folder if not given"
    )


def _add_serve(one: argparse.ArgumentParser) -> None:
    one.add_argument("--host", default="127.0.0.1")
    one.add_argument("--port", type=int, default=0)
    one.add_argument("--journal", type=Path, help="a folder on another disk: what is decided stands there, too")
    one.add_argument("--until-stdin-ends", action="store_true", help="end with the process that started this one")


def _add_code(one: argparse.ArgumentParser) -> None:
    one.add_argument("--role", choices=[role.value for role in Role], required=True)
    one.add_argument("--township", help="code of the township (desk)")
    one.add_argument("--township-name", help="name of the township (desk)")
    one.add_argument("--name", help="name of the person (staff)")
    one.add_argument("--hours", type=int, default=LONGEST_HOURS)


def _add_backup(one: argparse.ArgumentParser) -> None:
    one.add_argument("--to", type=Path, required=True, help="the place for copies: another disk")
    one.add_argument(
        "--keep", type=int, default=keeping.KEPT_GENERATIONS, help="how many copies are kept there, two at least"
    )


def _add_check(one: argparse.ArgumentParser) -> None:
    one.add_argument("--whole", action="store_true", help="read every attachment, too")


def _add_restore(one: argparse.ArgumentParser) -> None:
    one.add_argument("--from", dest="generation", type=Path, required=True, help="one copy: PLACE/county-…")
    one.add_argument("--journal", type=Path, help="the journal's folder: what was decided after the copy comes back")


def _add_replay(one: argparse.ArgumentParser) -> None:
    one.add_argument("--journal", type=Path, required=True, help="the journal's folder")


def _add_moving(one: argparse.ArgumentParser) -> None:
    one.add_argument("--to", required=True, help="s3://bucket/prefix that nobody uses yet, or: folder")


def _add_compare(one: argparse.ArgumentParser) -> None:
    one.add_argument("--all", action="store_true", help="every record anew, not only what changed")


def _add_device(one: argparse.ArgumentParser) -> None:
    one.add_argument("--device", required=True)


def _add_numbers(one: argparse.ArgumentParser) -> None:
    one.add_argument("--township", required=True, help="code of the township")
    one.add_argument("--series", help="tell every gap of this series, with its reason: J001-HY·2026-D100")


def _add_waiver(one: argparse.ArgumentParser) -> None:
    one.add_argument("--township", required=True, help="code of the township whose desks are not waited for")
    one.add_argument("--officer", required=True, help="name of the officer who says so")
    one.add_argument("--why", required=True)


def _add_audit(one: argparse.ArgumentParser) -> None:
    one.add_argument("--checkpoints", type=Path, help="heads of this county that a township kept: desktop audit heads")
    one.add_argument("--write", type=Path, help="write what was kept of the desks' logs into this file")
    one.add_argument("--device", help="of this desk only")


def _add_begin_log(one: argparse.ArgumentParser) -> None:
    one.add_argument("--device", required=True, help="the desk whose log is seen from its beginning again")
    one.add_argument("--officer", required=True, help="name of the officer who says so")
    one.add_argument("--why", required=True)


def _add_one_window(one: argparse.ArgumentParser) -> None:
    one.add_argument("--township", default=EVERYBODY, help="code of the township that may see, or all")
    one.add_argument("--kind", default=EVERYBODY, help="kind of record, or all")
    one.add_argument("--may", choices=[may.value for may in May], help="without it the rules are told")
    one.add_argument("--officer", help="name of the officer who says so")
    one.add_argument("--why")


def _add_stick(one: argparse.ArgumentParser) -> None:
    one.add_argument("--from", dest="stick", type=Path, required=True, help="where the stick is")


_ADD_OPTIONS = {
    "init": _add_init,
    "serve": _add_serve,
    "compare": _add_compare,
    "enrol-code": _add_code,
    "end-enrolment": _add_device,
    "numbers": _add_numbers,
    "waive": _add_waiver,
    "audit": _add_audit,
    "begin-log": _add_begin_log,
    "take-stick": _add_stick,
    "one-window": _add_one_window,
    "backup": _add_backup,
    "check": _add_check,
    "move-attachments": _add_moving,
    "restore": _add_restore,
    "replay-journal": _add_replay,
}


if __name__ == "__main__":
    keep_out_of_dumps()  # of this program; whoever calls `main` from another has limits of its own
    sys.exit(main())
