"""``acct db``: a whole history is copied, kept, put back and judged, and what cannot be done is said in one line."""

from __future__ import annotations

import json
import os
import re
import resource
import socket
import sqlite3
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from account_cli.storage import collector_lock, open_reader
from account_cli.storage.migrating import SCHEMA
from tests.cli.running import ACCT, Ended, acct, acct_on_terminal, database, environment, filled_home
from tests.services import postgres, postgres_schema

TWENTY = Path(__file__).parent / "data" / "twenty.ndjson"
MORE = """\
{"kind":"transfer","account":"main","id":"D9","time":"2024-03-01T00:00:00Z","asset":"USD","amount":"1","type":"deposit"}
"""
SECRET = "canary-4f1d9b7e55aa"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose database holds every kind of fact; tests only read it."""
    folder = tmp_path_factory.mktemp("home")
    done = acct(folder, "import", str(TWENTY))
    assert done.code == 0, done.err
    return folder


def export(home: Path, **env: str) -> str:
    done = acct(home, "export", **env)
    assert done.code == 0, done.err
    return done.out


# ---- copy ---------------------------------------------------------------------------------------------------------


def test_a_history_copied_to_a_server_and_back_exports_the_same_bytes(home: Path, tmp_path: Path) -> None:
    with postgres_schema() as url:
        there = acct(home, "db", "copy", "--to", url, "--json")
        assert there.code == 0, there.err
        at_server = {"ACCT_STORAGE__DATABASE": url}
        assert export(home, **at_server) == export(home)
        assert acct(home, "db", "check", **at_server).code == 0
        file = f"sqlite:///{tmp_path}/back.db"
        back = acct(home, "db", "copy", "--to", file, "--json", **at_server)
        assert export(home, ACCT_STORAGE__DATABASE=file) == export(home)
        again = acct(home, "db", "copy", "--to", url)
        assert (again.code, "is not empty" in again.err) == (9, True)
    tables = json.loads(there.out)
    assert tables["items"] == json.loads(back.out)["items"]
    assert tables["facts_since"] == 0
    of_copy = json.loads(acct(home, "pnl", "--json", ACCT_STORAGE__DATABASE=file).out)["items"]
    assert of_copy == json.loads(acct(home, "pnl", "--json").out)["items"]


def test_a_terminal_shows_what_was_copied(home: Path, tmp_path: Path) -> None:
    shown = acct_on_terminal(home, "db", "copy", "--to", f"sqlite:///{tmp_path}/copy.db")
    assert shown.code == 0
    assert re.search(r"journal\W+(\x1b\[[0-9;]*m\W*)*18\W", shown.out)
    assert "copying journal, 0 %" in shown.out
    assert "was read back and is the same" in shown.out


# ---- upgrade, stats, vacuum ---------------------------------------------------------------------------------------


def test_upgrade_says_from_what_to_what(tmp_path: Path) -> None:
    assert acct(tmp_path, "db", "upgrade").out == f"made, schema {SCHEMA}\n"
    assert acct(tmp_path, "db", "upgrade").out == f"schema {SCHEMA}: nothing to do\n"
    with closing(sqlite3.connect(database(tmp_path))) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    for word in ("upgrade", "stats"):
        refused = acct(tmp_path, "db", word)
        assert refused.code == 9
        assert f"is of schema {SCHEMA + 1}; this acct knows schema {SCHEMA} and older" in refused.err


def test_stats_count_what_is_there(home: Path) -> None:
    told = json.loads(acct(home, "db", "stats", "--json").out)
    rows = {table["table"]: table["rows"] for table in told["items"]}
    accounts = {row["account"]: row for row in told["accounts"]}
    assert rows["journal"] == sum(row["lines"] for row in accounts.values()) == 18
    assert accounts["main"]["first_at"] == "2024-01-01T00:00:00Z"
    assert told["engine"] == f"SQLite {sqlite3.sqlite_version}"
    assert told["schema_number"] == SCHEMA
    assert told["bytes"] == database(home).stat().st_size
    assert "journal" in acct(home, "db", "stats").out


def test_stats_and_vacuum_of_a_server(home: Path) -> None:
    with postgres_schema() as url:
        assert acct(home, "db", "copy", "--to", url).code == 0
        told = json.loads(acct(home, "db", "stats", "--json", ACCT_STORAGE__DATABASE=url).out)
        assert told["engine"].startswith("PostgreSQL 1")
        assert told["bytes"] > 100_000
        assert acct(home, "db", "vacuum", ACCT_STORAGE__DATABASE=url).code == 0


def test_vacuum_gives_back_what_is_unused(tmp_path: Path) -> None:
    filled_home(tmp_path)
    with closing(sqlite3.connect(database(tmp_path))) as connection, connection:
        connection.execute("CREATE TABLE waste (x)")
        connection.execute("INSERT INTO waste VALUES (zeroblob(1000000))")
        connection.execute("DROP TABLE waste")
    done = json.loads(acct(tmp_path, "db", "vacuum", "--json").out)
    assert done["bytes"] < done["bytes_before"] - 900_000


# ---- backup, restore, check ---------------------------------------------------------------------------------------


def test_a_backup_is_put_back_and_what_was_there_is_named(tmp_path: Path) -> None:
    filled_home(tmp_path)
    before = export(tmp_path)
    assert acct(tmp_path, "db", "backup", "b.db").code == 0
    (tmp_path / "more.ndjson").write_text(MORE)
    assert acct(tmp_path, "import", "more.ndjson").code == 0
    refused = acct(tmp_path, "db", "restore", "b.db")
    assert (refused.code, "holds facts already" in refused.err) == (9, True)
    assert export(tmp_path) != before
    done = json.loads(acct(tmp_path, "db", "restore", "b.db", "--force", "--json").out)
    assert export(tmp_path) == before
    assert re.fullmatch(r".*/acct\.db\.before-restore-\d{8}T\d{6}Z", done["set_aside"])
    assert Path(done["set_aside"]).exists()


def test_a_server_is_backed_up_into_a_file_and_restored_from_it(home: Path, tmp_path: Path) -> None:
    with postgres_schema() as url:
        at_server = {"ACCT_STORAGE__DATABASE": url}
        assert acct(home, "db", "copy", "--to", url).code == 0
        assert acct(home, "db", "backup", str(tmp_path / "b.db"), **at_server).code == 0
        assert export(tmp_path, ACCT_STORAGE__DATABASE=f"sqlite:///{tmp_path}/b.db") == export(home)
        done = acct(home, "db", "restore", str(tmp_path / "b.db"), "--force", "--json", **at_server)
        assert done.code == 0, done.err
        assert Path(json.loads(done.out)["set_aside"]).name.startswith("server.before-restore-")
        assert export(home, **at_server) == export(home)


def test_nothing_is_restored_under_a_collector(tmp_path: Path) -> None:
    filled_home(tmp_path)
    assert acct(tmp_path, "db", "backup", "b.db").code == 0
    with postgres_schema() as url:
        assert acct(tmp_path, "db", "copy", "--to", url).code == 0
        for location, env in ((database(tmp_path), {}), (url, {"ACCT_STORAGE__DATABASE": url})):
            with collector_lock(location, "perp"):
                refused = acct(tmp_path, "db", "restore", "b.db", "--force", **env)
            assert refused.code == 7
            assert "account 'perp' is being collected by" in refused.err
            assert acct(tmp_path, "db", "restore", "b.db", "--force", **env).code == 0


def test_check_names_what_is_wrong_and_ends_with_three(tmp_path: Path) -> None:
    filled_home(tmp_path)
    clean = acct(tmp_path, "db", "check")
    assert (clean.code, clean.out) == (0, f"{database(tmp_path)}: nothing is wrong\n")
    with closing(sqlite3.connect(database(tmp_path))) as connection, connection:
        connection.execute("DELETE FROM kept")
    found = acct(tmp_path, "db", "check", "--json")
    assert found.code == 3
    (item,) = json.loads(found.out)["items"]
    assert (item["account"], item["where"]) == ("main", "kept")
    assert "facts with closings by average that were not kept" in item["what"]
    with closing(sqlite3.connect(database(tmp_path))) as connection, connection:
        connection.execute("UPDATE journal SET n = 9 WHERE account = 'perp'")
    assert re.search(r"perp +line_9 +line 1 was due here", acct(tmp_path, "db", "check").out)


# ---- what cannot be done ------------------------------------------------------------------------------------------

AT_NOBODY = f"postgresql://me:{SECRET}@127.0.0.1:1/acct"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("", 2, "missing"),
        ("bakcup x.db", 2, "'backup'"),
        ("backup", 2, "backup needs a FILE"),
        ("backup a.db b.db", 2, "backup needs a FILE"),
        ("check all", 2, "check takes no further word"),
        ("copy", 2, "--to URL goes with copy"),
        ("stats --to sqlite:///x.db", 2, "--to URL goes with copy"),
        ("stats --force", 2, "--force goes with restore"),
        ("backup nowhere/b.db", 2, "there is no directory nowhere"),
        ("restore missing.db", 2, "there is no file missing.db"),
        ("copy --to acct.db", 2, "a database is named by a URL"),
        (f"copy --to mysql://me:{SECRET}@host/acct", 2, "no database can be opened at mysql://"),
        ("copy --to redis://127.0.0.1", 2, "Redis forgets"),
        (f"copy --to postgresql://me:{SECRET}@host:port/acct", 2, "this URL cannot be read"),
        (f"copy --to postgresql://me:@{SECRET}@host/acct", 2, "this URL cannot be read"),
        (f"copy --to postgresql://me:{SECRET}@127.0.0.1/acct?sslmod=require", 8, "a setting that nobody knows"),
        (f"copy --to {AT_NOBODY}", 9, "acct on 127.0.0.1:1 cannot be reached"),
        (f"copy --to postgresql://me:{SECRET}@no-such-host.invalid/acct", 9, "failed to resolve host"),
    ],
)
def test_what_makes_no_sense_or_cannot_be_reached_is_refused(home: Path, words: str, code: int, says: str) -> None:
    refused = acct(home, "-vv", "db", *words.split())  # with the traceback, too
    assert (refused.code, says in refused.err) == (code, True), refused.err
    assert SECRET not in refused.err


def test_a_server_that_refuses_is_told_from_one_that_is_not_there(home: Path) -> None:
    with postgres_schema():
        host = (postgres() or "").rpartition("@")[2].partition("/")[0]
    for url, says in (
        (f"postgresql://postgres:{SECRET}@{host}/acct_no_such_database", "refuses: .*acct_no_such_database"),
        (f"postgresql://acct_no_such_role:{SECRET}@{host}/postgres", "refuses: .*acct_no_such_role"),
    ):
        for ended in (
            acct(home, "db", "stats", ACCT_STORAGE__DATABASE=url),
            acct(home, "db", "copy", "--to", url),
        ):
            assert ended.code == 9
            assert re.search(says, ended.err)
            assert SECRET not in ended.err


@contextmanager
def server_that_says(state: str, text: str) -> Iterator[str]:
    """Listen like a PostgreSQL server that answers every start with one error (protocol 3.0, ErrorResponse)."""
    body = b"".join(kind + value.encode() + b"\0" for kind, value in ((b"S", "FATAL"), (b"C", state), (b"M", text)))
    answer = b"E" + struct.pack("!i", len(body) + 5) + body + b"\0"

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"postgresql://me:{SECRET}@127.0.0.1:{listener.getsockname()[1]}/acct?sslmode=disable&gssencmode=disable"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_wrong_password_is_said_and_not_shown(home: Path) -> None:
    with server_that_says("28P01", 'password authentication failed for user "me"') as url:
        for ended in (
            acct(home, "db", "copy", "--to", url, "--json"),
            acct(home, "-vv", "db", "upgrade", "--json", ACCT_STORAGE__DATABASE=url),
            acct(home, "positions", "--json", ACCT_STORAGE__DATABASE=url),
        ):
            assert ended.code == 9
            assert SECRET not in ended.err + ended.out
            assert "password authentication failed" in ended.err


def limited(home: Path, *arguments: str) -> Ended:
    """Run acct where no file may grow beyond 64 KiB, as on a disk that is full."""
    done = subprocess.run(
        [*ACCT, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment(home),
        cwd=home,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, 65_536)),
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def test_a_full_disk_leaves_what_was_there_and_nothing_by_halves(tmp_path: Path) -> None:
    filled_home(tmp_path)
    assert acct(tmp_path, "db", "backup", "b.db").code == 0
    before = (tmp_path / "b.db").read_bytes()
    for words in (("backup", "b.db"), ("restore", "b.db", "--force"), ("copy", "--to", f"sqlite:///{tmp_path}/c.db")):
        ended = limited(tmp_path, "db", *words)
        assert ended.code == 9, ended.err
        assert "a bug in acct" not in ended.err
    assert (tmp_path / "b.db").read_bytes() == before
    assert acct(tmp_path, "db", "check").code == 0
    assert not list(tmp_path.rglob("*.part*"))
    assert not list(tmp_path.rglob("*before-restore*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    filled_home(tmp_path)
    database(tmp_path).chmod(0o400)
    for word in ("vacuum", "upgrade"):
        ended = acct(tmp_path, "db", word)
        assert (ended.code, "is not writable" in ended.err) == (9, True)
    assert acct(tmp_path, "db", "check").code == 0


def test_a_copy_that_is_killed_was_never_there(home: Path, tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "from account_cli.ports.location import located\n"
        "from account_cli.storage import copying\n"
        "copying._verify = lambda *_: os.kill(os.getpid(), 9)\n"
        "copying.copy(located(sys.argv[1]), located(sys.argv[2]), lambda *_: None)\n"
    )
    with postgres_schema() as url:
        for target in (url, f"sqlite:///{tmp_path}/copy.db"):
            words = [ACCT[0], "-c", program, f"sqlite:///{database(home)}", target]
            assert subprocess.run(words, check=False, env=environment(home)).returncode == -9
            location = target if target == url else tmp_path / "copy.db"
            reader = open_reader(location)
            assert reader.accounts() == []
            reader.close()
            assert acct(home, "db", "copy", "--to", target).code == 0
