"""The text recogniser's own process (文字识别子进程): a gigabyte at its peak and seconds a page, so it yields to everything.

Run by `TextReader`, not by hand; needs the extra `ocr`.
"""

from __future__ import annotations

import re
from typing import Any, Final

import cv2
import numpy
from rapidocr import RapidOCR

from desktop.documents.limits import own_pipes, serve, take_limits

MEMORY_BYTES: Final = 6 << 30  # address space: the runtime maps far more than it uses
NICENESS: Final = 15
PARAMETERS: Final = {
    "Global.use_cls": False,  # scans are upright; the classifier turned U and L upside down in a table
    "Global.log_level": "critical",
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}
_SEARCH_DPI: Final = 50.0
_SEAL_RADIUS_PIXELS: Final = (22, 70)  # at 50 dpi: seals of 22 to 70 mm across
_RING_SUPPORT_MIN: Final = 0.7
_RED_RANGES: Final = (((0, 60, 60), (12, 255, 255)), ((165, 60, 60), (180, 255, 255)))


def main() -> None:
    """Pages were read until the desk closed its end."""
    requests, answers = own_pipes()
    take_limits(memory_bytes=MEMORY_BYTES, niceness=NICENESS)
    cv2.setNumThreads(1)
    engine = RapidOCR(params=PARAMETERS)
    serve(requests, answers, lambda request: _answer(engine, request))


def _answer(engine: RapidOCR, request: dict[str, Any]) -> dict[str, Any]:
    height, width = request["height"], request["width"]
    rgb = numpy.frombuffer(request["rgb"], dtype=numpy.uint8).reshape(height, width, 3)
    picture = numpy.ascontiguousarray(rgb[:, :, ::-1])
    seals = find_seals(picture, request["dpi"])
    for seal in seals:
        lift_seal(picture, seal)
    try:
        found = engine(picture)
    except (cv2.error, RuntimeError, ValueError) as error:
        return {"stopped": "memory"} if re.search(r"alloc|memory", str(error)) else {"refused": "broken"}
    if found.boxes is None or found.txts is None:
        return {"found": [], "seals": len(seals)}
    scale = numpy.array([width, height], dtype=float)
    lines = [
        {"text": text, "score": float(score), "corners": (numpy.asarray(corners) / scale).ravel().tolist()}
        for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True)
    ]
    return {"found": lines, "seals": len(seals)}


def find_seals(picture: Any, dpi: float) -> list[tuple[int, int, int]]:
    """Return middle and radius, in pixels, of the round red seals (公章) on a page in BGR."""
    hues = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    red = cv2.inRange(hues, *_RED_RANGES[0]) | cv2.inRange(hues, *_RED_RANGES[1])
    scale = _SEARCH_DPI / dpi
    small = cv2.GaussianBlur(cv2.resize(red, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), (5, 5), 1)
    if not small.any():
        return []
    least, most = _SEAL_RADIUS_PIXELS
    circles = cv2.HoughCircles(
        small, cv2.HOUGH_GRADIENT, 1.2, 40, param1=120, param2=26, minRadius=least, maxRadius=most
    )
    if circles is None:
        return []
    return [
        (int(x / scale), int(y / scale), int(radius / scale))
        for x, y, radius in circles[0]
        if _ring_support(small, x, y, radius) > _RING_SUPPORT_MIN
    ]


def lift_seal(picture: Any, seal: tuple[int, int, int]) -> None:
    """The seal's square of the picture shows only its red channel, in which red ink is as light as paper.

    Only there: on coloured pages without a seal the red channel loses lines (6 of 9 read against 8).
    """
    x, y, radius = seal
    reach = int(radius * 1.3)  # the circle found may lie inside the rim
    square = picture[max(0, y - reach) : y + reach, max(0, x - reach) : x + reach]
    square[:] = square[:, :, 2:3]


def _ring_support(small: Any, x: float, y: float, radius: float) -> float:
    turns = numpy.linspace(0, 2 * numpy.pi, 180)
    best = 0.0
    for reach in (radius - 2, radius - 1, radius, radius + 1, radius + 2):
        rows = numpy.clip((y + reach * numpy.sin(turns)).astype(int), 0, small.shape[0] - 1)
        columns = numpy.clip((x + reach * numpy.cos(turns)).astype(int), 0, small.shape[1] - 1)
        best = max(best, float(numpy.mean(small[rows, columns] > 60)))
    return best


if __name__ == "__main__":
    main()
