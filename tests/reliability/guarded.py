"""Who wrote about which account under which lease: triggers note it, and two under one lease are one too many.

What is kept of a fold is left out: a price that one process stores changes the figures of every account with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

TABLES = ("journal", "cursors", "coverage", "streams", "raws", "observed", "reconciliations", "looks")
_NOTE = """
CREATE TABLE written (
  account TEXT, fence BIGINT, who TEXT, rows_of TEXT, PRIMARY KEY (account, fence, who, rows_of)
);
CREATE FUNCTION note_writing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO written
  SELECT NEW.account, coalesce(max(fence), 0), current_setting('application_name'), TG_TABLE_NAME
  FROM leases WHERE account = NEW.account
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
"""
_TRIGGER = """
CREATE TRIGGER note AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION note_writing();
"""
_TWO = """
SELECT account, fence, string_agg(who || ' ' || rows_of, ', ') FROM written GROUP BY 1, 2 HAVING count(DISTINCT who) > 1
"""


@dataclass(frozen=True)
class Holding:
    """A lease as it stands: its number, and the id of the process that has it."""

    fence: int
    process: str | None


class Guard:
    """Looks at a database from beside the collectors; each of them has an ``application_name`` of its own."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, application_name="guard")

    def close(self) -> None:
        self._connection.close()

    def note_writing(self) -> None:
        """From now on note who writes about which account under which lease."""
        self._connection.execute(_NOTE)
        for table in TABLES:
            self._connection.execute(_TRIGGER.format(table=table).encode())

    def leases(self) -> dict[str, Holding]:
        """Return every lease by account."""
        found = self._connection.execute("SELECT account, fence, process FROM leases").fetchall()
        return {account: Holding(fence, process) for account, fence, process in found}

    def process_of(self, pid: int) -> str | None:
        """Return the id under which a process is registered."""
        sql = "SELECT id FROM processes WHERE (body::json ->> 'pid')::int = %s"
        found = self._connection.execute(sql, (pid,)).fetchone()
        return None if found is None else str(found[0])

    def behind(self, accounts: list[str]) -> list[str]:
        """Return what is known of how far these accounts were read, and what was last said of them."""
        sql = """
        SELECT account || ' ' || name || ' ' || value FROM cursors WHERE account = ANY(%s) UNION ALL
        (SELECT account || ' ' || body FROM notices WHERE account = ANY(%s) ORDER BY id DESC LIMIT 30)
        """
        return [text for (text,) in self._connection.execute(sql, (accounts, accounts)).fetchall()]

    def facts(self) -> int:
        """Return how many facts are known."""
        found = self._connection.execute("SELECT count(*) FROM journal").fetchone()
        return 0 if found is None else int(found[0])

    def terminate(self) -> int:
        """Let the server end every connection of every collector; return how many."""
        sql = """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'worker %%'
        """
        found = self._connection.execute(sql).fetchone()
        return 0 if found is None else int(found[0])

    def trespassed(self) -> list[str]:
        """Return what was written under one lease by two."""
        two = self._connection.execute(_TWO).fetchall()
        return [f"{account} under {fence} by {who}" for account, fence, who in two]
