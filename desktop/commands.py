"""What is done without a screen: `restore` and `drill` (docs/backup.md, 6 and 7), `export-all` and `import-all` (docs/open-export.md),
`check-extract` (docs/extracts.md), `audit` (docs/audit.md)."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from desktop.folders import OFFICE, data_folder
from desktop.services.changed import Progress
from desktop.services.desk import Desk
from desktop.services.export_requests import RequestState
from desktop.services.extracts import PublicKey, check_code
from desktop.services.log_checking import PaperDigits
from desktop.services.open_copies import EVERYTHING, reimport
from desktop.services.opening import Opening
from desktop.services.received_lists import check_received_code
from desktop.services.restoring import DrillReport, Restored, Skipped, drill, key_by_password, restore_from
from desktop.ui.log_words import report_lines
from desktop.ui.words import LANGUAGES, Words
from sync.contract.errors import LantaiError, Refused, SealBroken, UnreadableFile
from sync.contract.kind_files import load_kinds
from sync.vault.memory import keep_out_of_dumps
from sync.vault.slots import Keystore
from sync.vault.whole_file import replace_whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one command; 0 when it came out well, 1 when a sentence says why not."""
    keep_out_of_dumps()
    asked = _parser().parse_args(arguments)
    words = Words(asked.language)
    try:
        return _COMMANDS[asked.command](asked, words)
    except LantaiError as fault:
        told = words.of_error(fault)
        _say(words("command.stopped", words=told.what + told.safe + told.next))
        if flaw := fault.facts.get("flaw"):
            _say(words.find(f"backup_flaw.{flaw}") or str(flaw))
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lantai", description="兰台 · without a screen")
    commands = parser.add_subparsers(dest="command", required=True)
    restore = commands.add_parser("restore", help="从备份恢复档案库 · an archive out of a backup")
    restore.add_argument("--to", type=Path, default=data_folder() / OFFICE, help="folder of the archive to be")
    trial = commands.add_parser("drill", help="演练：试着恢复一遍再删掉 · try a restore and remove it")
    trial.add_argument("--person", default=None, help="whose password is asked for; none: the recovery code")
    trial.add_argument("--work", type=Path, default=None, help="where the trial is put together")
    _parse_open_copies(commands)
    for one in (restore, trial):
        one.add_argument("--from", dest="source", type=Path, required=True, help="the backup's folder or stick")
        one.add_argument("--generation", default=None, help="this one and no other")
        one.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0])
    _parse_audit(commands)
    check = commands.add_parser("check-extract", help="核验档案证明的二维码 · check the code of an extract")
    check.add_argument("code", help="what the QR code holds; - reads it from the input")
    check.add_argument("--key", type=Path, required=True, help="the office's public key file")
    check.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0])
    received = commands.add_parser("check-received", help="核验交接单的二维码 · check the code of a received list")
    received.add_argument("code", help="what the QR code holds; - reads it from the input")
    received.add_argument("--authority", type=Path, required=True, help="the county's certificate (PEM)")
    received.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0])
    return parser


def _parse_open_copies(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    export = commands.add_parser(
        "export-all", help="全部导出为开放格式，不加密 · everything in open formats, not encrypted"
    )
    export.add_argument("--archive", type=Path, default=data_folder() / OFFICE, help="folder of the archive")
    export.add_argument("--person", default=None, help="whose password is asked for")
    export.add_argument("--second", default=None, help="who approves it, with the own password (docs/approval.md)")
    back = commands.add_parser("import-all", help="由开放导出重建档案库 · an archive out of an open copy")
    back.add_argument("--from", dest="source", type=Path, required=True, help="the folder that export-all made")
    back.add_argument("--person", required=True, help="who will open it, as administrator")
    for one in (export, back):
        one.add_argument("--to", type=Path, required=True, help="folder to write into; for import-all an empty one")
        one.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0])


def _parse_audit(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    audit = commands.add_parser("audit", help="核验审计日志 · check the audit log").add_subparsers(
        dest="what", required=True
    )
    verify = audit.add_parser("verify", help="逐条核验 · read the whole log")
    verify.add_argument("--checkpoints", type=Path, help="what the county kept of this log: sync.county audit --write")
    verify.add_argument("--rows", type=int, help="how many rows a printed sheet says")
    verify.add_argument("--digits", help="the sixteen digits on that sheet")
    heads = audit.add_parser("heads", help="本机留存的县里日志头 · what is kept here of the county's log")
    heads.add_argument("--to", type=Path, required=True, help="file to write")
    for one in (verify, heads):
        one.add_argument("--archive", type=Path, default=data_folder() / OFFICE, help="folder of the archive")
        one.add_argument("--person", default=None, help="whose password is asked for")
        one.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0])


def _audit(asked: argparse.Namespace, words: Words) -> int:
    desk = _opened(asked, words, "command.who_checks")
    try:
        if asked.what == "heads":
            heads = desk.log_checking.county_heads()
            replace_whole(asked.to.absolute(), heads.encode())
            _say(words("audit.heads_written", count=heads.count("\n\n—"), file=asked.to))
            return 0
        paper = PaperDigits(asked.rows, asked.digits.replace(" ", "")) if asked.rows and asked.digits else None
        notes = asked.checkpoints.read_text(encoding="utf-8") if asked.checkpoints else ""
        report = desk.log_checking.verify(notes, paper)
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFile("checkpoints", reason=type(error).__name__) from error
    finally:
        desk.close()
    for line in report_lines(words, report):
        _say(line)
    return 0 if report.first is None else 1


def _check_extract(asked: argparse.Namespace, words: Words) -> int:
    """Tell what was signed, or that it was not."""
    code = sys.stdin.read() if asked.code == "-" else asked.code
    try:
        said = check_code(code, PublicKey.from_minisign(asked.key.read_text(encoding="utf-8")))
    except SealBroken:
        _say(words("extract.not_signed"))
        return 1
    _say(words("extract.checked"))
    lines = [("number", said.number), ("office", said.office), ("archive_number", said.archive_number)]
    lines += [("title", said.title), ("day", said.day), ("by", said.by)]
    lines += [("applicant", said.applicant), ("relation", said.relation), ("purpose", said.purpose)]
    for name, value in [
        *((words(f"extract_line.{name}"), value) for name, value in lines),
        *((one.label, one.value) for one in said.values),
    ]:
        _say(f"  {name}　{value}")
    return 0


RECEIVED_LINES = (
    "county", "township_name", "township", "sequence", "batch", "received_at", "made_at", "by", "sent", "received",
    "accepted", "returned", "conflicts", "set_aside", "open", "digest",
)  # fmt: skip


def _check_received(asked: argparse.Namespace, words: Words) -> int:
    """Tell what the county signed, or that it did not."""
    code = sys.stdin.read() if asked.code == "-" else asked.code
    try:
        said = check_received_code(code, asked.authority.read_bytes())
    except SealBroken:
        _say(words("received.not_signed"))
        return 1
    _say(words("received.checked"))
    for name in RECEIVED_LINES:
        _say(f"  {words(f'received_line.{name}')}　{getattr(said, name)}")
    return 0


def _restore(asked: argparse.Namespace, words: Words) -> int:
    made = restore_from(asked.source, asked.to.absolute(), _Line(words), lambda: False, asked.generation)
    _tell_skipped(made.skipped, words)
    _say(words("command.restored", generation=made.generation, made_at=made.manifest.made_at, folder=made.folder))
    _say(words("command.holds", records=made.manifest.rows.get("record", 0), files=made.files))
    _tell_lost(made, words)
    _say(words("command.open_it", data=made.folder.parent))
    return 0


def _drill(asked: argparse.Namespace, words: Words) -> int:
    def unlock(keystore: Keystore) -> bytes:
        return _unlocked(keystore, asked.person, words)

    report = drill(
        asked.source, unlock, _Line(words), lambda: False, work=asked.work, wanted=asked.generation
    )  # fmt: skip
    _tell_skipped(report.skipped, words)
    for line in drill_lines(report, words):
        _say(line)
    return 0 if report.passed else 1


def _export_all(asked: argparse.Namespace, words: Words) -> int:
    desk = _opened(asked, words, "command.who_exports")
    try:
        requests = desk.open_copies.requests
        request = requests.ask(EVERYTHING)
        if request.state is RequestState.ASKED and asked.second:
            request = requests.approve(
                request.id, asked.second, _ask_secret(words("command.word_of", name=asked.second))
            )
        if request.state is RequestState.ASKED:
            _say(words("command.waits_for_second", people="、".join(requests.others()), until=request.until[:10]))
            return 1
        made = desk.open_copies.export(asked.to.absolute(), _Line(words), lambda: False)
    finally:
        desk.close()
    _say(words("command.exported", folder=made.folder, files=made.files, size=f"{made.size_bytes / 1024 / 1024:.1f}"))
    _tell_digests(made.digests)
    _say(words("command.in_the_open"))
    return 0


def _import_all(asked: argparse.Namespace, words: Words) -> int:
    password = _ask_secret(words("command.new_password", name=asked.person))
    made = reimport(asked.source, asked.to.absolute(), asked.person, password, load_kinds(), _Line(words))
    _tell_digests(made.digests)
    _say(words("command.reimported", folder=made.folder, records=made.records, files=made.originals))
    _say(words("command.recovery", code=made.recovery_code))
    return 0


def _tell_digests(digests: Mapping[str, str]) -> None:
    for table, digest in sorted(digests.items()):
        _say(f"{digest}  {table}")


def drill_lines(report: DrillReport, words: Words) -> list[str]:
    """Return what a drill found, a sentence a line."""
    lines = [
        words(
            "command.drilled", generation=report.generation, made_at=report.made_at, seconds=round(report.seconds, 1)
        ),
        words("command.holds", records=report.records, files=report.files),
        words("command.sampled", read=report.read, opened=report.opened, unreadable=report.unreadable),
    ]
    if report.lost:
        lines.append(words("command.lost", count=report.lost))
    lines += [
        words("command.problem", sha256=sha256[:16], flaw=words(f"backup_flaw.{flaw}"))
        for sha256, flaw in report.problems
    ]
    lines.append(words("command.passed" if report.passed else "command.failed"))
    return lines


def _opened(asked: argparse.Namespace, words: Words, question: str) -> Desk:
    """Return the desk of the archive, opened by somebody's password."""
    opening = Opening(asked.archive)
    if not opening.exists():
        raise Refused("no archive there")
    people = "、".join(one.name for one in opening.people())
    name = asked.person or _ask(words(question, people=people))
    return opening.unlock(name, _ask_secret(words("command.password", name=name)))


def _unlocked(keystore: Keystore, person: str | None, words: Words) -> bytes:
    people = "、".join(one.name for one in keystore.people())
    name = person if person is not None else _ask(words("command.who", people=people))
    if not name:
        return keystore.recover(_ask_secret(words("command.code")))
    return key_by_password(keystore, name, _ask_secret(words("command.password", name=name)))


def _tell_skipped(skipped: Sequence[Skipped], words: Words) -> None:
    for one in skipped:
        why = "、".join(words(f"backup_flaw.{flaw.value}") for flaw in one.flaws)
        _say(words("command.skipped", generation=one.name, why=why))


def _tell_lost(made: Restored, words: Words) -> None:
    if made.lost or made.manifest.lost:
        _say(words("command.lost", count=len(made.lost) + len(made.manifest.lost)))


class _Line:
    """Progress on a terminal, one line a tenth; none where nobody looks."""

    def __init__(self, words: Words) -> None:
        self._words, self._told = words, ("", -1)

    def __call__(self, progress: Progress) -> None:
        tenth = 10 * progress.done // max(1, progress.whole)
        if sys.stderr.isatty() and (progress.step, tenth) != self._told:
            self._told = (progress.step, tenth)
            sys.stderr.write(f"{self._words(f'command.{progress.step}_step')} {tenth * 10} %\n")


def _ask(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _ask_secret(prompt: str) -> str:
    """Return what is typed, unseen on a terminal; a line of what is piped in otherwise."""
    return getpass.getpass(prompt) if sys.stdin.isatty() else _ask(prompt)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace, Words], int]]] = {
    "restore": _restore,
    "drill": _drill,
    "export-all": _export_all,
    "import-all": _import_all,
    "check-extract": _check_extract,
    "check-received": _check_received,
    "audit": _audit,
}
