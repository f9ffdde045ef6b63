#!/usr/bin/env python3
"""Set everything up and open the desk: the first of the two commands.

    python3 installer/run.py                  set up, then open the desk
    python3 installer/run.py --journey DIR    play the main job through the real windows off-screen; pictures and proofs in DIR
    python3 installer/run.py --setup-only     set up and stop

Without a screen the journey is played into ./lantai-journey. Only the standard library is needed until .venv stands.
This file is readable by any Python 3, so that an old one can be told what is wrong.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        "需要 Python 3.11 至 3.13，现在是 %d.%d。请安装后再运行。\nPython 3.11 to 3.13 is needed; this is %d.%d."
        % (sys.version_info[:2] * 2)
    )

import argparse
import os
import subprocess
from pathlib import Path

import setting_up


def has_screen():
    """Whether windows can be shown here."""
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def main():
    parser = argparse.ArgumentParser(description="Set up Lantai and open the desk.")
    parser.add_argument(
        "--journey", metavar="DIR", help="play the main job off-screen and leave pictures and proofs in DIR"
    )
    parser.add_argument(
        "--input", metavar="FOLDER", help="with --journey: take the PDFs of this folder instead of the practice papers"
    )
    parser.add_argument("--setup-only", action="store_true", help="set up and stop")
    asked, rest = parser.parse_known_args()
    python = setting_up.set_up("run.lock", screen=has_screen() and not asked.journey)
    if asked.setup_only:
        return 0
    if asked.journey or not has_screen():
        target = Path(asked.journey or "lantai-journey").resolve()
        if not asked.journey:
            print("没有屏幕：在后台演示一遍主要工作，图片和结果放在 %s。" % target, flush=True)
        command = [str(python), "-m", "tests.journeys.main_job", "--out", str(target)]
        command += ["--input", str(Path(asked.input).resolve())] if asked.input else []
    else:
        command = [str(python), "-m", "desktop"]
    return subprocess.call(command + rest, cwd=setting_up.PROJECT, env=setting_up.environment())


if __name__ == "__main__":
    sys.exit(main())
