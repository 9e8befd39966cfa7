"""One process collects an account; the others attach.

Beside a file the lock is the kernel's (``flock``), so it goes when its holder goes, by whatever death. The file beside
the database stays; what is written in it is only to tell the others who it is. On a server the lock is the server's,
held by a connection of its own (``lock_postgres``), and goes when that connection goes.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from account_cli.errors import LockHeld, Unavailable
from account_cli.ports import Location
from account_cli.storage.files import PRIVATE_DIRECTORY, PRIVATE_FILE


@contextmanager
def account_lock(path: Path, account: str) -> Iterator[None]:
    """Hold the kernel's lock on ``account`` beside the file; raises ``LockHeld``, naming the process that has it."""
    what = f"account {account!r} is being collected"
    with _held(path, f"collect-{quote(account, safe='')}", what, "Watch it from here, or end that process first."):
        yield


@contextmanager
def reconciling_lock(database: Location, account: str) -> Iterator[None]:
    """Hold the right to reconcile ``account`` at somebody's request; raises as ``collector_lock`` does."""
    what = f"account {account!r} is being reconciled"
    with _held(database, f"reconcile-{quote(account, safe='')}", what, "Wait until that one has ended."):
        yield


@contextmanager
def _held(database: Location, purpose: str, what: str, hint: str) -> Iterator[None]:
    if isinstance(database, str):
        from account_cli.storage.lock_postgres import held

        with held(database, purpose, what, hint):
            yield
        return
    path = database
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
