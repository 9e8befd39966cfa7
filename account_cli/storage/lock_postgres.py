"""A right that one process of all machines has, held by a connection to the server: it goes when that goes.

It is for comparing, which writes under the lease of the account: nothing has to be fenced off, so a lease of its own,
with a beat and a number, would do no more.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from account_cli.errors import LockHeld
from account_cli.ports.location import named
from account_cli.storage.database import Row
from account_cli.storage.failures_postgres import translated
from account_cli.storage.postgres import dialled

_KEY = "hashtextextended(current_schema() || ' lock ' || %s, 0)"
_WAIT = "SET lock_timeout = 1000"
"""Milliseconds: the server may hear a moment later than its kernel that the holder is dead."""
_TAKE = f"SELECT pg_advisory_lock({_KEY})"
_HOLDER = f"""
SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND (classid::bigint << 32) | objid::bigint = {_KEY} LIMIT 1
"""  # noqa: S608 -- the key is a placeholder


@contextmanager
def held(url: str, purpose: str, what: str, hint: str) -> Iterator[None]:
    """Hold the right called ``purpose`` for the block; raises ``LockHeld`` that names who has it."""
    with translated(named(url)):
        connection = psycopg.connect(dialled(url), autocommit=True)
    try:
        with translated(named(url)):
            connection.execute("SELECT set_config('application_name', %s, false)", (_me(),))
            connection.execute(_WAIT)
            try:
                connection.execute(_TAKE, (purpose,))
            except psycopg.errors.LockNotAvailable:
                raise LockHeld(f"{what} by {_holder(connection, purpose)}", hint=hint) from None
        yield
    finally:
        connection.close()


def _holder(connection: psycopg.Connection[Row], purpose: str) -> str:
    row = connection.execute(_HOLDER, (purpose,)).fetchone()
    return str(row[0]) if row else "a process that has just ended"


def _me() -> str:
    """Return who this is, for people: PostgreSQL keeps 63 bytes of it."""
    return f"acct, process {os.getpid()} on {socket.gethostname()}"[:63]
