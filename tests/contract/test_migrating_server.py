"""A server is brought to the present schema in one transaction, and a file and a server by the same steps."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from account_cli.errors import AcctError, SchemaTooNew, Unavailable
from account_cli.storage import migrating, open_journal, open_reader
from account_cli.storage.migrating import SCHEMA, migrate_server
from account_cli.storage.opening import schema_number
from account_cli.storage.schema import metadata
from tests.services import postgres, postgres_schema

UPGRADE = "import sys; from account_cli.storage import open_journal; open_journal(sys.argv[1]).close()"
FIRST_ON_SERVERS = 8
FIRST = (Path(__file__).parent / "data" / f"postgres_schema_{FIRST_ON_SERVERS}.sql").read_text()


def next_step(folder: Path, *statements: str) -> Path:
    shutil.copytree(
        Path(migrating.__file__).with_name("migrations"), folder, ignore=shutil.ignore_patterns("__pycache__")
    )
    lines = [f"    op.execute({sql!r})" for sql in statements]
    head = ["from alembic import op", f'revision, down_revision = "{SCHEMA + 1:04d}", "{SCHEMA:04d}"', "def upgrade():"]
    (folder / "versions" / f"v{SCHEMA + 1:04d}_next.py").write_text("\n".join([*head, *lines, ""]))
    return folder


def make_first(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(FIRST.encode())


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
    return {name for (name,) in rows}


def shape(url: str) -> list[tuple[object, ...]]:
    """Return every column and index, as the server describes them."""
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable, collation_name, "
            "regexp_replace(column_default, '''.*\\.|''', '''') FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND table_name <> 'alembic_version' ORDER BY 1, 2"
        ).fetchall()
        indexes = connection.execute(
            "SELECT tablename, indexname, replace(indexdef, schemaname || '.', '') FROM pg_indexes "
            "WHERE schemaname = current_schema() AND tablename <> 'alembic_version' ORDER BY 1, 2"
        ).fetchall()
    return [*columns, *indexes]


@pytest.mark.parametrize("there", [False, True])
def test_killed_while_it_upgrades_it_leaves_the_server_as_it_was(there: bool) -> None:
    with postgres_schema() as url:
        if there:
            make_first(url)
        before = tables(url)
        armed = {**os.environ, "ACCT_FAULT": "during_migration"}
        killed = subprocess.run([sys.executable, "-c", UPGRADE, url], env=armed, check=False)
        assert killed.returncode == -signal.SIGKILL
        assert tables(url) == before
        assert schema_number(url) == (FIRST_ON_SERVERS if there else 0)
        open_journal(url).close()
        assert schema_number(url) == SCHEMA


def test_steps_taken_one_by_one_add_up_to_the_schema() -> None:
    with postgres_schema() as url, postgres_schema() as fresh:
        open_journal(fresh).close()
        make_first(url)
        open_journal(url).close()
        assert shape(url) == shape(fresh)
        engine = sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        engine.dispose()


def test_a_step_that_fails_leaves_the_server_as_it_was(tmp_path: Path) -> None:
    with postgres_schema() as url:
        open_journal(url).close()
        before = shape(url)
        scripts = next_step(
            tmp_path / "100% broken", "ALTER TABLE journal ADD COLUMN extra TEXT", "CREATE TABLE half ("
        )
        with pytest.raises(AcctError):
            migrate_server(url, scripts=scripts, target=SCHEMA + 1)
        assert shape(url) == before
        assert schema_number(url) == SCHEMA


def test_a_newer_schema_is_refused_with_both_numbers(tmp_path: Path) -> None:
    with postgres_schema() as url:
        open_journal(url).close()
        scripts = next_step(tmp_path / "scripts", "ALTER TABLE journal ADD COLUMN extra TEXT")
        migrate_server(url, scripts=scripts, target=SCHEMA + 1)
        for opener in (open_journal, open_reader, schema_number):
            with pytest.raises(SchemaTooNew, match=f"schema {SCHEMA + 1}; this acct knows schema {SCHEMA} "):
                opener(url)


def test_a_schema_that_nobody_made_is_said() -> None:
    with postgres_schema():
        server = postgres() or ""
        joint = "&" if "?" in server else "?"
        url = f"{server}{joint}options=-csearch_path%3Dacct_test_no_such"
        with pytest.raises(Unavailable, match="no schema has been selected"):
            open_journal(url)
        with pytest.raises(Unavailable, match="acct has never written to the database"):
            open_reader(url)
