"""The received list on paper, read back: its figures, its pages, and the code that the county signed."""

from __future__ import annotations

import random

import numpy
import pymupdf
import pytest
import zxingcpp

from desktop.services.received_lists import Given, NotAccepted
from desktop.ui.paper.received_sheet import ReceivedSheet
from desktop.ui.theme import Look
from desktop.ui.words import Words
from sync.contract import extracts
from sync.contract.errors import BadRequest, SealBroken
from sync.contract.histories import RevisionStanding
from sync.contract.received_list import (
    MARK,
    ReceivedList,
    SignedReceivedList,
    check_received_list,
    sign_received_list,
)
from tests.desktop.ui.paper.sheets import Read, read_back
from tests.sync.contract.office import TOWNSHIP, Office, new_uuid

BATCH = new_uuid(random.Random(3))


def told(**changed: int) -> ReceivedList:
    counts = {"sent": 412, "received": 412, "accepted": 371, "returned": 29, "conflicts": 3, "set_aside": 2, "open": 7}
    return ReceivedList(
        "云泽县民政局", TOWNSHIP, "青石镇", BATCH, 17, "2026-03-02T09:30:00+00:00", "2026-03-03T01:05:00+00:00", "周敏",
        "ab" * 32, **{**counts, **changed},
    )  # fmt: skip


def test_a_list_that_does_not_add_up_is_none() -> None:
    for wrong in ({"accepted": 372}, {"sent": 413}, {"received": 411, "sent": 411}):
        with pytest.raises(BadRequest):
            told(**wrong)


def test_a_printed_list_says_its_counts_and_its_code_is_the_county_s(look: Look) -> None:
    office = Office()
    signed = sign_received_list(told(), office.authority_key)
    rows = tuple(
        NotAccepted(f"J001-HY·2026-D100-{place:04d}", "何晨、陈思结婚登记", RevisionStanding.RETURNED)
        for place in range(41)
    )
    given = Given(told(), extracts.code_of(signed.body, signed.signature, MARK), rows)
    page: Read = read_back(ReceivedSheet(Words("zh"), look.family, given), look.family)
    assert [round(side) for side in page.size()] == [210, 297]
    assert page.pages > 1
    said = page.text()
    for words in (
        "档案批次交接单",
        "青石镇→云泽县民政局",
        "第0017批",
        "周敏",
        "移交412件",
        "371",
        "29",
        "没有接受的41件",
        BATCH,
    ):
        assert words in said
    assert all(word.right < 200 and word.bottom < 290 for number in (1, 2) for word in page.words(number))
    picture = page.document[0].get_pixmap(dpi=200, colorspace=pymupdf.csGRAY)
    pixels = numpy.frombuffer(picture.samples, numpy.uint8).reshape(picture.height, picture.width)
    (code,) = [one.text for one in zxingcpp.read_barcodes(pixels)]
    read = SignedReceivedList(*extracts.read_code(code, MARK))
    assert check_received_list(read, office.authority) == told()
    with pytest.raises(SealBroken):
        check_received_list(read, Office(2).authority)
    with pytest.raises(BadRequest):
        extracts.read_code(code)  # it is no extract's
