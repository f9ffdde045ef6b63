"""Setting up (安装): a .venv from a hash-pinned lock, and the system libraries that Qt needs. Standard library only.

Whatever goes wrong is said in one sentence with what to do next.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
LOCKS = PROJECT / "installer"

# What Qt loads, and the Debian package it lies in; the second list only when windows are shown on X11.
OFFSCREEN_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-util.so.1": "libxcb-util1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb-randr.so.0": "libxcb-randr0",
}
# Signs in an installer's output, and the sentence they mean.
SIGNS = (
    (
        ("No space left on device", "os error 28", "Errno 28"),
        "磁盘已满：请腾出约 2 GB 空间后再运行一次，已下载的不会丢。 The disk is full: free about 2 GB and run again.",
    ),
    (
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "Hash mismatch", "hash mismatch"),
        "下载的文件与锁定的校验值不符，没有安装：请换一个网络再试。 A download does not match its pinned hash; nothing was installed.",
    ),
    (
        (
            "Temporary failure in name resolution",
            "Failed to establish a new connection",
            "Network is unreachable",
            "error sending request",
            "dns error",
            "Connection refused",
            "Max retries exceeded",
            "timed out",
            "No matching distribution found",
        ),
        "网络不通：首次安装需要联网一次，请接通后再运行。 The network is away: the first set-up needs it once; connect and run again.",
    ),
)


def say(text: str) -> None:
    """One line stands on the terminal at once, also where the terminal cannot show Chinese."""
    try:
        print(text, flush=True)
    except UnicodeEncodeError:
        print(text.encode("ascii", "replace").decode("ascii"), flush=True)


def stop(sentence: str) -> None:
    """The command ends, saying in one sentence what is wrong and what to do."""
    sys.exit(sentence)


def set_up(lock: str, *, screen: bool) -> Path:
    """The environment holds what the lock names and Qt's libraries are there; its Python is returned.

    A second call finds everything in place and takes no time.
    """
    check_libraries(screen=screen)
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = VENV / f".{lock}.done"
    wanted = hashlib.sha256((LOCKS / lock).read_bytes()).hexdigest()
    if python.exists() and stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return python
    uv = shutil.which("uv")
    say("正在准备运行环境（首次约需几分钟，以后不再需要）…… Setting up; only the first time takes minutes.")
    _make_environment(uv, python)
    requirements = ["--require-hashes", "-r", str(LOCKS / lock)]
    if uv:
        # pip compiles as it installs; uncompiled, each start of the program would read a thousand sources
        _install([uv, "pip", "install", "--compile-bytecode", "--python", str(python), *requirements])
    else:
        _make_pip(python)
        _install(
            [
                str(python),
                "-m",
                "pip",
                "install",
                "--disable-pip-version-check",
                "--only-binary",
                ":all:",
                *requirements,
            ]
        )
    try:
        stamp.write_text(wanted, encoding="ascii")
    except OSError:
        stop(SIGNS[0][1])
    say("运行环境已就绪。 Ready.")
    return python


def environment() -> dict[str, str]:
    """Return this environment for the programs that are started from here: they may keep what they compiled.

    Where a machine forbids that, each of the hundreds of processes of a test run compiles everything anew.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _make_environment(uv: str | None, python: Path) -> None:
    if python.exists():
        return
    if VENV.exists():
        shutil.rmtree(VENV)  # its Python was taken away: nothing in it can be used
    if uv:
        _install([uv, "venv", "--quiet", "--python", sys.executable, str(VENV)])
        return
    _check_ensurepip()
    _install([sys.executable, "-m", "venv", str(VENV)])


def _make_pip(python: Path) -> None:
    """The environment has pip, also one that uv made (without pip) or whose making was cut off."""
    if _has_pip(python):
        return
    _check_ensurepip()
    subprocess.run([str(python), "-m", "ensurepip", "--upgrade"], capture_output=True, check=False)
    if not _has_pip(python):  # half of an older pip is left, which ensurepip takes for a whole one
        shutil.rmtree(VENV)
        _install([sys.executable, "-m", "venv", str(VENV)])


def _has_pip(python: Path) -> bool:
    return subprocess.run([str(python), "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


def _check_ensurepip() -> None:
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        stop(
            f"Python 缺少 ensurepip：请先运行 apt-get install python{version}-venv。 ensurepip is missing: install python{version}-venv."
        )


def _install(command: list[str]) -> None:
    """Run an installer, its progress on the terminal; on failure say what it means."""
    collected: list[str] = []
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
    except OSError as error:
        stop(f"无法运行 {command[0]}：{error.strerror}。 Cannot run it.")
        return
    assert process.stdout is not None
    for line in process.stdout:
        collected.append(line)
        say("  " + line.rstrip()[:160])
    if process.wait() == 0:
        return
    output = "".join(collected)
    for signs, sentence in SIGNS:
        if any(sign in output for sign in signs):
            stop(sentence)
    stop(
        "安装没有完成，上面几行说明了原因；改好后再运行一次即可。 Set-up did not finish; the lines above say why. Run again."
    )


def missing_libraries(*, screen: bool) -> list[str]:
    """Return the Debian packages whose library cannot be loaded."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = {**OFFSCREEN_LIBRARIES, **(X11_LIBRARIES if screen else {})}
    missing = []
    for library, package in wanted.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    return missing


def check_libraries(*, screen: bool) -> None:
    """Qt's system libraries load; as root on Debian they are installed, elsewhere the exact line is said."""
    missing = missing_libraries(screen=screen)
    if missing and _can_install():
        install_if_root(missing)
        missing = missing_libraries(screen=screen)
    if missing:
        stop(
            f"缺少系统库，请先运行下面一行。 System libraries are missing; first run:\nsudo apt-get install -y {' '.join(missing)}"
        )


def _can_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_if_root(packages: Iterable[str]) -> None:
    """As root on Debian the packages are installed; elsewhere, and where that fails, nothing happens but a line."""
    if not _can_install():
        return
    absent = [package for package in packages if not _is_installed(package)]
    if not absent:
        return
    say(f"正在安装系统软件包：{' '.join(absent)} …… Installing system packages.")
    quiet = {"env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL, "check": False}
    subprocess.run(["apt-get", "-qq", "update"], **quiet)
    done = subprocess.run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *absent], **quiet)
    if done.returncode:
        say("有软件包没有装上，用到它们的测试会跳过并说明。 Some packages could not be installed.")


def _is_installed(package: str) -> bool:
    found = subprocess.run(["dpkg-query", "-W", "-f=${Status}", package], capture_output=True, text=True, check=False)
    return "install ok installed" in found.stdout
