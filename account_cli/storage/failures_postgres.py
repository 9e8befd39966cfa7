"""Every error of the PostgreSQL driver becomes one of ours here; none carries the URL or a value.

Classes of SQLSTATE: postgresql.org/docs/current/errcodes-appendix.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from account_cli.errors import AcctError, Busy, DiskFull, InternalError, Unavailable

_FULL = "53100"
_WAITED = {"40001", "40P01", "55P03"}
"""Serialisation failure, deadlock, lock not available: worth another try at once."""
_FAILED = "failed: "
_NO_SCHEMA = "3F000"
_REFUSED = {"28000", "28P01", "3D000", "42501", "25006"}
"""Login, password, no such database, no right, read only."""


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise ``DiskFull``, ``Unavailable`` or ``InternalError`` for whatever the driver raises inside the block."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, name) from error


def translate(error: psycopg.Error, name: str) -> AcctError:
    """Return our error for ``error``, met at the database ``name``."""
    state = error.sqlstate or ""
    said = error.diag.message_primary or type(error).__name__
    if state == _FULL:
        return DiskFull(f"no room left for the database {name}", hint="Free disk space; nothing stored so far is lost.")
    if state in _WAITED:
        return Busy(f"the database {name} is busy ({said})", hint="Try again.")
    if state == _NO_SCHEMA:
        return Unavailable(
            f"the database {name} has no such schema: {_reason(error)}",
            hint="Make the schema that search_path in [storage] database names: CREATE SCHEMA …",
        )
    if state in _REFUSED or _is_login(error):
        return Unavailable(
            f"the database {name} refuses: {_reason(error)}",
            hint="Check user, password and rights in [storage] database, or ACCT_STORAGE__DATABASE.",
        )
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        return Unavailable(
            f"the database {name} cannot be reached: {_reason(error)}",
            hint="Check the server and the network. A collector that runs goes on by itself once it is back.",
        )
    return InternalError(f"the database {name} refused a statement of acct: {said} ({state})")


def _is_login(error: psycopg.Error) -> bool:
    text = str(error)
    return any(word in text for word in ("authentication failed", "does not exist", "no password supplied", "pg_hba"))


def _reason(error: psycopg.Error) -> str:
    """Return what the server said, else what the driver says behind host and port; its advice is left out.

    Of several addresses that failed the last one counts.
    """
    if error.diag.message_primary:
        return error.diag.message_primary
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    failed = [line.rpartition(_FAILED)[2] for line in lines if _FAILED in line]
    if failed:
        return failed[-1].removeprefix("FATAL:").strip()
    return lines[0] if lines else type(error).__name__
