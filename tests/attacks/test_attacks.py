"""A slice of the campaign; `python -m tests.attacks --histories 1000` plays it whole."""

from __future__ import annotations

from tests.attacks.campaign import EXPECTED, run


def test_every_kind_of_attack_ends_as_the_document_promises() -> None:
    report = run(4, seed=7)
    assert report.ok, "\n".join(report.lines())
    assert len(EXPECTED) >= 20


def test_an_attack_that_ends_otherwise_is_told() -> None:
    report = run(0, seed=1)
    for name, outcome in EXPECTED.items():
        report.outcomes[name][outcome] += 3
    assert report.ok
    report.outcomes["fork"][(False, False, False)] += 1
    assert not report.ok
    assert any(line.startswith("fork") and "NO" in line for line in report.lines())
