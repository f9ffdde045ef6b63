"""Many townships ask at once: each desk over its own TLS connection to one county process, at a steady rate, nothing new to say.

The times count from when a request was due, not from when it was sent: a county that falls behind cannot hide it. Who asks is a
process of its own. The wanted rate is tried first; where it does not hold, half of it, and so on, until one does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.client.enrolment import make_request
from sync.contract.certificates import Role, read_certificate
from sync.contract.enrolment import EnrolReply, EnrolRequest, prove, read_code
from sync.contract.leases import NumbersAsked
from sync.contract.messages import STANDING_DIGEST_BYTES, Standing, SyncRequest
from sync.contract.revisions import TownshipId
from sync.contract.wire import pack_request
from sync.county.service import County
from sync.tls import carry_key, trust_only
from tests.sync.county_process import running_county

P99_LIMIT_MS = 250.0
SLOWEST_RATE = 0.25
PROJECT = Path(__file__).resolve().parents[2]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `bench sync` takes for this."""
    parser.add_argument("--townships", type=int, default=0, help="so many desks ask at once instead")
    parser.add_argument("--seconds", type=float, default=60, help="at each rate that is tried")
    parser.add_argument("--rate", type=float, default=20, help="wanted: requests a second of each township")


@dataclass(frozen=True, slots=True)
class Held:
    """What one rate brought."""

    rate: float
    answered: int
    due: int
    errors: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    county_cpu_s: float

    @property
    def holds(self) -> bool:
        return not self.errors and self.answered == self.due and self.p99_ms <= P99_LIMIT_MS


def enrol_desks(county: County, folder: Path, townships: int) -> None:
    """That many desks of as many townships are enrolled, each with a seat; what one needs to speak lies in a file of its own."""
    for number in range(townships):
        code = read_code(county.new_code(Role.DESK, f"第{number}镇", TownshipId(f"3399{number:05}"), 1).spell())
        line_key, signing = ec.generate_private_key(ec.SECP256R1()), Ed25519PrivateKey.generate()
        request, public = make_request(line_key), signing.public_key().public_bytes_raw()
        asked = EnrolRequest(code.id, request, public, prove(code.secret, request, public), NumbersAsked())
        (folder / f"{number}.json").write_text(json.dumps(_spell(county.enrol(asked), line_key)), "ascii")


def _spell(given: EnrolReply, line_key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    told = given.numbers
    digest = bytes(32)[:STANDING_DIGEST_BYTES]
    asked = NumbersAsked(seat=told.seat if told else 0)
    quiet = SyncRequest(given.epoch, 0, b"", numbers=asked, standing=Standing(0, 0, digest))
    encoding, plain = serialization.Encoding.DER, serialization.PrivateFormat.PKCS8
    key = line_key.private_bytes(encoding, plain, serialization.NoEncryption())
    return {"key": key.hex(), "certificate": given.line_certificate.hex(), "authority": given.authority.hex(),
            "request": pack_request(quiet).hex()}  # fmt: skip


# the process that asks


async def _ask_steadily(
    place: tuple[str, int], desk: dict[str, str], rate: float, times: tuple[float, float], late_ms: list[float]
) -> int:
    """Ask from the first of the times to the second; returns the errors."""
    reader, writer = await asyncio.open_connection(*place, ssl=_context(desk))
    body = bytes.fromhex(desk["request"])
    message = f"POST /v1/sync HTTP/1.1\r\nHost: county\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    errors, due = 0, times[0]
    while due < times[1]:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        await reader.readexactly(length)
        errors += not head.startswith(b"HTTP/1.1 200") or b"x-lantai: 1" not in head.lower()
        late_ms.append((time.monotonic() - due) * 1000)
        if time.monotonic() > times[1] + 5:  # hopelessly behind
            break
        due += 1 / rate
    writer.close()
    return errors


def _context(desk: dict[str, str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    trust_only(context, read_certificate(bytes.fromhex(desk["authority"])))
    key = serialization.load_der_private_key(bytes.fromhex(desk["key"]), None)
    certificate: x509.Certificate = read_certificate(bytes.fromhex(desk["certificate"]))
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("a line key is on P-256")
    carry_key(context, key, certificate)
    return context


async def _ask(folder: Path, address: str, rate: float, seconds: float) -> dict[str, object]:
    place = urlsplit(address)
    where = (place.hostname or "", place.port or 0)
    desks = [json.loads(path.read_text("ascii")) for path in sorted(folder.glob("*.json"))]
    late_ms: list[float] = []
    first = time.monotonic() + 2 + len(desks) * 0.02  # all connections stand by then
    several = (
        _ask_steadily(where, desk, rate, (first + number / len(desks) / rate, first + seconds), late_ms)
        for number, desk in enumerate(desks)
    )
    errors = sum(await asyncio.gather(*several))
    return {"errors": errors, "late_ms": late_ms}


def measure_rate(folder: Path, address: str, pid: int, townships: int, rate: float, seconds: float) -> Held:
    """Return what the county did with that rate."""
    before = _cpu_s(pid)
    command = [sys.executable, "-m", "tests.bench.townships", str(folder), address, str(rate), str(seconds)]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    said = json.loads(told)
    late = sorted(said["late_ms"])
    due = townships * max(1, int(rate * seconds))
    at = lambda share: late[min(len(late) - 1, int(len(late) * share))]  # noqa: E731  # a word for three lines
    answered = min(len(late), due)
    return Held(rate, answered, due, said["errors"], statistics.median(late), at(0.99), late[-1], _cpu_s(pid) - before)


def _cpu_s(pid: int) -> float:
    told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def measure(asked: argparse.Namespace) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures at the wanted rate, and at the first lower one that holds."""
    tried: list[Held] = []
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name, running_county(Path(name) / "county") as county:
        desks = Path(name) / "desks"
        desks.mkdir()
        with closing(County(county.folder, county.folder / "county.key")) as beside:
            enrol_desks(beside, desks, asked.townships)
        rate: float = asked.rate
        while not (tried and tried[-1].holds) and rate >= SLOWEST_RATE:
            pid = county.process.pid
            tried.append(measure_rate(desks, county.address, pid, asked.townships, rate, asked.seconds))
            print(f"{rate:g} a second of each: {tried[-1]}", flush=True)
            rate /= 2
    wanted, held = tried[0], tried[-1]
    figures = {
        "townships": asked.townships,
        "seconds": asked.seconds,
        "wanted_per_second": asked.rate * asked.townships,
        "wanted_p99_ms": wanted.p99_ms,
        "wanted_errors": wanted.errors,
        "wanted_answered_share": wanted.answered / wanted.due,
        "held_per_second": held.rate * asked.townships if held.holds else 0,
        "held_p50_ms": held.p50_ms,
        "held_p99_ms": held.p99_ms,
        "held_errors": held.errors,
        "county_cpu_ms_a_request": held.county_cpu_s / held.answered * 1000,
    }
    return figures, {"held_over_wanted": figures["held_per_second"] / figures["wanted_per_second"]}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_ask(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), float(sys.argv[4])))))
