"""A simulated exchange, its configuration, one pass, change lines, and an end in order: from the shell alone."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import ACCT, acct, environment

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose configuration reaches a simulator that this test started and ends."""
    yield from simulated(tmp_path_factory.mktemp("simulated"), "--venue", "kraken")


def simulated(home: Path, *options: str) -> Iterator[Path]:
    command = [*ACCT, "simulate", *options, "--account", "sim", "--seed", "7", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(home)) as process:
        assert process.stdout is not None
        lines = []
        while line := process.stdout.readline().strip():
            lines.append(line)
        file = home / ".config/acct/config.toml"
        file.parent.mkdir(parents=True)
        file.touch(mode=0o600)
        file.write_text("\n".join(lines))
        yield home
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 143


def test_one_pass_stores_what_the_exchange_said(home: Path) -> None:
    ended = acct(home, "poll")
    assert ended.code == 0, ended.err
    assert ended.out.startswith("sim: ok, ")
    assert ended.err == ""
    (row,) = json.loads(acct(home, "accounts", "--json").out)["items"]
    assert (row["account"], row["venue"], row["liveness"]) == ("sim", "kraken", "OFFLINE")
    assert row["facts"] > 0
    deadline = time.monotonic() + 60
    while not json.loads(acct(home, "fills", "sim", "--json").out)["items"]:  # the exchange's first may yet come
        assert time.monotonic() < deadline
        assert acct(home, "poll").code == 0
    for command in ("positions", "balances", "fills", "transfers", "pnl"):
        assert json.loads(acct(home, command, "sim", "--json").out)["items"], command
    known = acct(home, "coverage", "sim", "--json")
    assert known.code == 0, known.out
    assert {(row["kind"], row["begins"]) for row in json.loads(known.out)["items"]} == {
        ("fills", "start"),
        ("transfers", "start"),
    }
    config = (home / ".config/acct/config.toml").read_text()
    secret = next(line for line in config.splitlines() if line.startswith("secret")).partition('"')[2].rstrip('"')
    assert len(secret) > 20
    for path in (home / ".local").rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes()


def test_what_was_received_is_counted_shown_without_secrets_and_read_again(home: Path) -> None:
    if not (home / ".local/share/acct/acct.db").exists():
        assert acct(home, "poll").code == 0
    kept = json.loads(acct(home, "inbox", "sim", "--json").out)
    assert kept["schema"] == "acct.inbox/1"
    assert {"BalanceEx", "Ledgers", "TradesHistory"} <= {row["channel"] for row in kept["items"]}
    assert {row["state"] for row in kept["items"]} == {"done"}
    assert all(row["texts"] and row["bytes"] for row in kept["items"])
    again = acct(home, "replay", "sim", "--json")
    assert again.code == 0, again.err
    (told,) = json.loads(again.out)["items"]
    assert told["facts"] > 0
    assert (told["found"], told["contradictions"], told["unreadable"]) == ([], [], 0)
    with sqlite3.connect(home / ".local/share/acct/acct.db") as database:
        (number,) = database.execute(
            "UPDATE raws SET unreadable = 'no price' "
            "WHERE id = (SELECT max(id) FROM raws WHERE channel = 'TradesHistory') RETURNING id"
        ).fetchone()
    listed = acct(home, "inbox", "--unreadable", "--json")
    assert listed.code == 3
    (row,) = json.loads(listed.out)["items"]
    assert (row["id"], row["channel"], row["why"]) == (number, "TradesHistory", "no price")
    assert any(issue["code"] == "unreadable" for issue in json.loads(acct(home, "issues", "--json").out)["items"])
    assert "no price" in acct(home, "inbox", "show", str(number)).out
    text = json.loads(acct(home, "inbox", "show", str(number), "--json").out)
    assert text["text"].startswith('{"error":[]')
    told = json.loads(acct(home, "replay", "--unreadable-only", "--dry-run", "--json").out)["items"][0]
    assert (told["texts"], told["mended"]) == (1, 1)
    assert acct(home, "inbox").code == 3, "a dry run changes nothing"
    assert acct(home, "replay", "--unreadable-only").code == 0
    assert acct(home, "inbox").code == 0


def test_nobody_reads_again_what_another_process_collects(home: Path) -> None:
    with subprocess.Popen([*ACCT, "watch", "--plain"], stdout=subprocess.PIPE, env=environment(home)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        ended = acct(home, "replay", "sim")
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert ended.code == 7
    assert "is being collected" in ended.err


def test_change_lines_end_after_so_many_or_by_a_signal(home: Path) -> None:
    ended = acct(home, "watch", "--plain", "--kind", "balance", "--count", "3", "--json")
    assert ended.code == 0, ended.err
    changes = [json.loads(line) for line in ended.out.splitlines()]
    assert len(changes) == 3
    assert [set(change) for change in changes] == [{"time", "account", "kind", "key", "old", "new"}] * 3
    assert {change["kind"] for change in changes} == {"balance"}
    for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        with subprocess.Popen(
            [*ACCT, "watch", "--plain"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(home),
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline()
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
            assert (process.returncode, err) == (code, ""), out
    (row,) = json.loads(acct(home, "accounts", "--json").out)["items"]
    assert {stream["status"] for stream in row["streams"] if stream["strategy"] != "off"} == {"stopped"}


@pytest.fixture(scope="module")
def writable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home whose key may trade."""
    yield from simulated(tmp_path_factory.mktemp("writable"), "--venue", "kraken", "--writable-key")


def test_a_key_that_may_trade_is_refused_with_what_to_untick(writable: Path) -> None:
    for command in (("poll",), ("watch", "--plain", "--count", "1")):
        ended = acct(writable, *command)
        assert ended.code == 5, ended.err
        assert "the key can trade" in ended.err
        assert '"Create & modify orders"' in ended.err
    assert not (writable / ".local/share/acct/acct.db").exists(), "nothing was written"
    assert acct(writable, "poll", "--json").code == 5


def test_a_key_that_may_trade_is_used_when_its_owner_insists(writable: Path) -> None:
    ended = acct(writable, "poll", "--allow-writable-key")
    assert ended.code == 0, ended.err
    (row,) = json.loads(acct(writable, "accounts", "--json").out)["items"]
    assert row["key"] == "can-trade"
    assert "can-trade" in acct(writable, "accounts").out
