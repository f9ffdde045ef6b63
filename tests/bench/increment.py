"""One changed record in a large archive: how many requests and bytes it costs, and what an exchange with nothing new costs.

The peer of the same run: gzip over the body of the changed record alone. Bytes are those of the messages, without HTTP and TLS.
What it costs to say how far the audit log has come, which is said at most once in fifteen minutes and after each login, stands apart.
After that the county takes a new epoch, and the desk says as witness what it holds and sends everything again.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import tempfile
import time
from pathlib import Path

from desktop.archive import records as archive_records
from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.services.cataloguing import Cataloguing
from desktop.services.filing import Filing
from desktop.services.log_witnessing import sign_here
from desktop.services.syncing import Syncing
from sync.contract.kind_files import load_kinds
from sync.contract.revisions import RecordId
from tests.bench import filled_office
from tests.bench.handing_over import PERSON, Sent, bodies, send
from tests.sync.county_process import run_county, running_county

CHANGES = 5


def change(archive: Archive, record: RecordId, text: str) -> None:
    """One field of a record that was handed over is corrected and filed."""
    kinds = load_kinds()
    cataloguing = Cataloguing(archive, kinds, PERSON, system_clock)
    draft = cataloguing.correct(record).draft
    cataloguing.put(draft.uid, "husband.village", text)
    Filing(archive, kinds, PERSON, system_clock).file(draft.uid)


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratio over gzip."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench increment")
    parser.add_argument("--records", type=int, default=20_000)
    records = parser.parse_args(arguments).records
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        archive = filled_office.begin(Path(name) / "office", records)
        with running_county(Path(name) / "county") as county:
            syncing = Syncing(archive, load_kinds(), PERSON, system_clock)
            syncing.enrol(county.address, county.code_for_desk())
            send(syncing)
            with archive.reading() as connection:
                known = [line.uid for line in archive_records.every(connection)[:CHANGES]]
            changed: list[Sent] = []
            for number, record in enumerate(known):
                change(archive, record, f"云泽县青石镇新村{number}")
                changed.append(send(syncing))
            idle = send(syncing)
            with archive.act(PERSON, system_clock()) as act:  # what a login does
                sign_here(act)
            with_head = send(syncing)
            said = bodies(archive)[-1]
            run_county("declare-restore", "--data", str(county.folder))
            began = time.process_time(), time.perf_counter()
            again = send(syncing)
            again_cpu_s, again_s = time.process_time() - began[0], time.perf_counter() - began[1]
        archive.close()
    one = [it.synced.outcome for it in changed]
    figures = {
        "records": records,
        "requests": max(outcome.rounds for outcome in one),
        "bytes_up": statistics.median(outcome.up_bytes for outcome in one),
        "bytes_down": statistics.median(outcome.down_bytes for outcome in one),
        "idle_bytes": idle.synced.outcome.up_bytes + idle.synced.outcome.down_bytes,
        "idle_requests": idle.synced.outcome.rounds,
        "log_head_bytes_up": with_head.synced.outcome.up_bytes - idle.synced.outcome.up_bytes,
        "log_head_bytes_down": with_head.synced.outcome.down_bytes - idle.synced.outcome.down_bytes,
        "body_bytes": len(said),
        "new_epoch_requests": again.synced.outcome.rounds,
        "new_epoch_bytes_a_record": again.synced.outcome.up_bytes / records,
        "new_epoch_desk_cpu_s": again_cpu_s,
        "new_epoch_s": again_s,
    }
    return figures, {"bytes_up_over_gzip": figures["bytes_up"] / len(gzip.compress(said))}
