"""One process collects an account; the others attach.

The lock is the kernel's (``flock``), so it goes when its holder goes, by whatever death. The file beside the database
stays; what is written in it is only to tell the others who it is.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from account_cli.errors import LockHeld, Unavailable
from account_cli.storage.files import PRIVATE_DIRECTORY, PRIVATE_FILE


@contextmanager
def collector_lock(path: Path, account: str) -> Iterator[None]:
    """Hold the right to collect ``account`` into the database at ``path``.

    Raises ``LockHeld``, naming the process, when another one has it.
    """
    purpose = f"collect-{quote(account, safe='')}"
    with _held(
        path, purpose, f"account {account!r} is being collected", "Watch it from here, or end that process first."
    ):
        yield


@contextmanager
def reconciling_lock(path: Path, account: str) -> Iterator[None]:
    """Hold the right to reconcile ``account`` at somebody's request; raises as ``collector_lock`` does."""
    purpose = f"reconcile-{quote(account, safe='')}"
    with _held(path, purpose, f"account {account!r} is being reconciled", "Wait until that one has ended."):
        yield


@contextmanager
def _held(path: Path, purpose: str, what: str, hint: str) -> Iterator[None]:
    handle = _open(_file(path, purpose))
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockHeld(f"{what} by process {_holder(handle)}", hint=hint) from None
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


@contextmanager
def schema_lock(path: Path) -> Iterator[None]:
    """Wait for, then hold, the right to create or migrate the database at ``path``."""
    handle = _open(_file(path, "schema"))
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _file(path: Path, purpose: str) -> Path:
    return path.with_name(f".{path.name}.{purpose}.lock")


def _open(file: Path) -> int:
    try:
        file.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        return os.open(file, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE_FILE)
    except OSError as error:
        raise Unavailable(
            f"the lock file {file} cannot be used: {error.strerror}", hint="Check that its directory is writable."
        ) from error


def _holder(handle: int) -> str:
    text = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
    return text if text.isdigit() else "unknown"
