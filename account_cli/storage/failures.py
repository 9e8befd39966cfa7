"""Every error of the database driver becomes one of ours here, once, and nowhere else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from account_cli.errors import AcctError, Damaged, DiskFull, InternalError, Unavailable

_PRIMARY = 0xFF
"""The low byte of an extended SQLite result code is the plain result code (sqlite.org/rescode.html)."""

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_CLOSED_DOORS = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise ``DiskFull``, ``Unavailable`` or ``InternalError`` for whatever SQLite raises inside the block."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate(error, path) from error


def translate(error: sqlite3.Error, path: Path) -> AcctError:
    """Return our error for ``error``, met at the database ``path``."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & _PRIMARY
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(f"no room left for the database {path}", hint="Free disk space; nothing stored so far is lost.")
    if code in _BUSY:
        return Unavailable(
            f"the database {path} is being written by another process",
            hint="Try again; if it lasts, look for a hanging `acct` process.",
        )
    if code in _DAMAGED:
        return Damaged(
            f"the file {path} is damaged or is not a database of acct",
            hint="Move it away and restore a backup, or collect afresh into a new one.",
        )
    if code in _CLOSED_DOORS:
        return Unavailable(
            f"the database {path} cannot be opened for this ({error})",
            hint="Check that the file and its directory belong to you and are writable.",
        )
    if code == sqlite3.SQLITE_IOERR:
        return Unavailable(f"the disk failed under the database {path} ({error})", hint="Check the disk.")
    return InternalError(f"the database {path} refused a statement of acct: {error}")
