#!/usr/bin/env python3
"""Set everything up and run the whole test suite: the second of the two commands.

    python3 installer/test.py [pytest arguments]

As root on Debian the few programs that tests drive are installed too; elsewhere those tests skip and say why.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        "需要 Python 3.11 至 3.13，现在是 %d.%d。请安装后再运行。\nPython 3.11 to 3.13 is needed; this is %d.%d."
        % (sys.version_info[:2] * 2)
    )

import subprocess

import setting_up

DRIVEN_BY_TESTS = ("xvfb", "openbox", "xdotool", "age", "minisign", "postgresql")


def main():
    arguments = [one for one in sys.argv[1:] if one != "--setup-only"]
    python = setting_up.set_up("test.lock", screen=False)
    setting_up.install_if_root((*DRIVEN_BY_TESTS, *setting_up.X11_LIBRARIES.values()))  # tests open real windows
    if len(arguments) < len(sys.argv) - 1:
        return 0
    command = [str(python), "-m", "pytest", *arguments]
    return subprocess.call(command, cwd=setting_up.PROJECT, env=setting_up.environment())


if __name__ == "__main__":
    sys.exit(main())
