"""The last few files are at hand for many threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from desktop.services.recent_files import KEPT_FILES, RecentFiles


def test_many_threads_that_turn_the_pages_of_many_files_get_the_right_bytes() -> None:
    files = RecentFiles(lambda sha256: sha256.encode())
    names = [f"{number % (KEPT_FILES * 2):064x}" for number in range(4000)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(files.content, names)) == [name.encode() for name in names]


def test_a_file_in_use_is_fetched_once_and_the_one_used_longest_ago_goes() -> None:
    fetched: list[str] = []

    def fetch(sha256: str) -> bytes:
        fetched.append(sha256)
        return b""

    files = RecentFiles(fetch)
    names = [str(number) for number in range(KEPT_FILES)]
    for name in [*names, names[0], "new", names[0], names[1]]:
        files.content(name)
    assert fetched == [*names, "new", names[1]]
