"""A real store of objects that speaks S3, as a process of its own; the environment of whoever asks for it names it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count

BUCKET = "lantai"
_SECRETS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_REGION": "us-east-1"}
_numbers = count(1)


def new_address() -> str:
    """Return an address in the store that nobody uses."""
    return f"s3://{BUCKET}/county{next(_numbers)}"


@contextmanager
def running_objects() -> Iterator[str]:
    """Within the block the store runs, with one bucket, and the environment names it; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url, before = f"http://127.0.0.1:{port}", dict(os.environ)
    os.environ.update({**_SECRETS, "AWS_ENDPOINT_URL_S3": url, "AWS_EC2_METADATA_DISABLED": "true"})
    try:
        _await(port, process)
        import boto3  # 0.4 s that only those pay who ask for objects

        with closing(boto3.client("s3")) as client:
            client.create_bucket(Bucket=BUCKET)
        yield url
    finally:
        process.terminate()
        process.wait(20)
        os.environ.clear()
        os.environ.update(before)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert process.poll() is None, "the store of objects ended"
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the store of objects never listened")
