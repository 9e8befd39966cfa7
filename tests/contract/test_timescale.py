"""History asks nothing of TimescaleDB: without it tables are plain, and what was demanded in vain is refused."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from account_cli.errors import ConfigError, Unavailable
from account_cli.ports import Journal, JournalReader, PointRow
from account_cli.storage import open_journal, timescale
from account_cli.storage.timescale import FEATURE, TABLES, arrange_history
from tests.contract import test_journal_history as suite
from tests.services import postgres_schema

PACKAGE = Path(__file__).resolve().parents[2] / "account_cli"
SERVER = os.environ.get("ACCT_TEST_TIMESCALE_DSN")


@pytest.fixture
def url() -> Iterator[str]:
    with postgres_schema() as found:
        open_journal(found).close()
        yield found


def noted(url: str) -> str | None:
    journal = open_journal(url)
    reader = journal.reader()
    value = reader.feature(FEATURE)
    reader.close()
    journal.close()
    return value


def still_works(url: str) -> None:
    journal = open_journal(url)
    reader = journal.reader()
    suite.test_points_come_by_time_and_market_and_the_last_of_a_bucket_counts(journal, reader)
    reader.close()
    journal.close()


def test_a_server_without_the_extension_keeps_plain_tables_and_says_so(url: str) -> None:
    assert arrange_history(url, "auto") is None
    assert noted(url) == "plain tables: the extension is not installed"
    assert arrange_history(url, "off") is None
    assert noted(url) == "off"
    still_works(url)


def test_what_is_demanded_of_a_server_that_has_not_loaded_it_is_refused(url: str) -> None:
    with pytest.raises(Unavailable, match="shared_preload_libraries does not name timescaledb") as refused:
        arrange_history(url, "on")
    assert "postgresql://" not in refused.value.message
    assert "plain tables do the same" in (refused.value.hint or "")
    still_works(url)


def test_a_file_has_no_extensions(tmp_path: Path) -> None:
    assert arrange_history(tmp_path / "acct.db", "auto") is None
    assert arrange_history(tmp_path / "acct.db", "off") is None
    with pytest.raises(ConfigError, match=r"\[storage.timescale\]: TimescaleDB is an extension of PostgreSQL"):
        arrange_history(tmp_path / "acct.db", "on")


def test_with_detection_stubbed_a_failure_leaves_plain_tables_in_auto_and_is_an_error_in_on(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only how failing is handled: the server is made to look for the function where there is none."""
    monkeypatch.setattr(timescale, "installed", lambda _: "pg_catalog")
    why = arrange_history(url, "auto")
    assert why is not None
    assert why.startswith("history stays in plain tables: TimescaleDB refused (function pg_catalog.create_hypertable")
    assert (noted(url) or "").startswith("plain tables: function pg_catalog.create_hypertable")
    with pytest.raises(Unavailable, match=r"TimescaleDB cannot be used on .*: function pg_catalog"):
        arrange_history(url, "on")
    still_works(url)


def test_no_other_statement_knows_the_extension() -> None:
    names = re.compile(r"time_bucket|create_hypertable|drop_chunks|timescaledb_information|add_retention_policy")
    knowing = {path.name for path in PACKAGE.rglob("*.py") if names.search(path.read_text(encoding="utf-8"))}
    assert knowing == {"timescale.py"}


@pytest.fixture
def with_extension() -> Iterator[str]:
    if SERVER is None:
        pytest.skip("no TimescaleDB for tests; set ACCT_TEST_TIMESCALE_DSN to the URL of a server that has loaded it")
    name = f"acct_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    try:
        yield f"{SERVER}{'&' if '?' in SERVER else '?'}options={quote(f'-csearch_path={name}', safe='')}"
    finally:
        with psycopg.connect(SERVER, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.mark.timescale
def test_hypertables_hold_what_was_there_and_pass_the_same_suite(with_extension: str) -> None:
    url = with_extension
    journal: Journal = open_journal(url)
    reader: JournalReader = journal.reader()
    before = PointRow(5, "", "USD", b"before")
    with journal.transaction() as tx:
        tx.put_points("before", "5m", [before])
    for mode in ("on", "auto", "on"):
        assert arrange_history(url, mode) is None
    assert reader.feature(FEATURE) == "hypertables"
    assert reader.points("before", "5m") == [before]
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT hypertable_name FROM timescaledb_information.hypertables WHERE hypertable_schema = current_schema()"
        ).fetchall()
    assert {name for (name,) in rows} == set(TABLES)
    suite.test_points_come_by_time_and_market_and_the_last_of_a_bucket_counts(journal, reader)
    suite.test_position_snapshots_come_by_time(journal, reader)
    reader.close()
    journal.close()
