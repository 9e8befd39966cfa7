"""The servers that tests need: by their environment variable, else on their standard port, else the test is skipped.

With ``ACCT_REQUIRE_SERVICES=1`` a server that cannot be had is a failure. Each test gets a schema of its own that is
gone afterwards: a developer's own tables are never touched.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import pytest

from account_cli.ports.location import Location

POSTGRES = os.environ.get("ACCT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@lru_cache(maxsize=1)
def _why_no_postgres() -> str | None:
    try:
        import psycopg

        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except Exception as error:
        return f"no PostgreSQL for tests ({type(error).__name__}); set ACCT_TEST_POSTGRES to the URL of one"
    return None


def lacking(why: str) -> None:
    """Skip the test that asked, or fail it where services are required."""
    if os.environ.get("ACCT_REQUIRE_SERVICES") == "1":
        pytest.fail(why)
    pytest.skip(why)


@contextmanager
def postgres_schema() -> Iterator[str]:
    """Make a throw-away schema and yield the URL that leads into it."""
    why = _why_no_postgres()
    if why is not None:
        lacking(why)
    import psycopg

    name = f"acct_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    try:
        joint = "&" if "?" in POSTGRES else "?"
        yield f"{POSTGRES}{joint}options={quote(f'-csearch_path={name}', safe='')}"
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as connection:
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
