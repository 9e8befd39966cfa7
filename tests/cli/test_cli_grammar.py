"""One grammar over all commands: the same word means the same thing everywhere, and is there or said why it is not."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import re
import stat
import struct
import subprocess
import termios
from functools import cache
from pathlib import Path

import pytest
from typer.core import TyperOption

from account_cli.cli.app import COMMANDS, build
from account_cli.cli.grammar import ABSENT, NO_TABLE, OF_TABLES, with_default_span
from account_cli.cli.repainting import frame
from account_cli.cli.session import Session
from tests.cli.running import ACCT, acct, acct_on_terminal, acct_several, environment, filled_home

EVERYWHERE = {"--config", "--color", "--verbose", "-v", "--quiet", "-q", "--no-input", "--help", "-h"}
TABLES = sorted(name for name, entry in COMMANDS.items() if entry.reads is not None and entry.reads.rows)
PAGES = sorted(name for name, entry in COMMANDS.items() if entry.reads is not None and not entry.reads.rows)
PERIODS = {"alerts", "equity", "fills", "issues", "lots", "orders", "pnl", "stats", "transfers"}
IN_A_CURRENCY = {"balances", "equity", "fills", "issues", "pnl", "positions", "show"}
"""Not orders: what is open was not paid, so no price of any time is its own; its limit is of its market's currency."""
PAST = {"balances", "equity", "explain", "pnl", "positions", "show"}
WITHOUT_JSON = {"collect", "demo", "export", "simulate", "names"}


@cache
def options(command: str) -> dict[str, TyperOption]:
    group = build()
    context = group.make_context("acct", [], obj=Session(), resilient_parsing=True)
    made = group.get_command(context, command)
    assert made is not None
    params = [param for param in made.get_params(context) if isinstance(param, TyperOption)]
    named = [(name, param) for param in params for name in param.opts]
    assert len(dict(named)) == len(named), "no word stands for two things"
    return dict(named)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled_home(tmp_path_factory.mktemp("grammar"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_what_all_take(command: str) -> None:
    assert set(options(command)) >= EVERYWHERE
    assert ("--json" in options(command)) == (command not in WITHOUT_JSON)


@pytest.mark.parametrize("command", TABLES)
def test_every_table_can_be_shaped(command: str) -> None:
    wanted = {"--json", "--csv", "--columns", "--sort", "--limit", "--tz", "--watch", "--no-pager"}
    assert set(options(command)) >= wanted


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_a_table_or_says_why_it_is_none(tmp_path: Path, command: str) -> None:
    lacking = [word for word in OF_TABLES if word not in options(command)]
    assert bool(lacking) == (command in NO_TABLE)
    for word in lacking[:1]:
        ended = acct(tmp_path, command, word)
        assert (ended.code, ended.out) == (2, "")
        assert f"acct {command} takes no {word}: it {NO_TABLE[command]}" in ended.err


def test_the_tables_of_a_database_are_shaped_like_any_other(home: Path) -> None:
    whole, sorted_by_rows, plain, act, again = acct_several(
        home, ["db", "stats", "--csv"],
        ["db", "stats", "--json", "--sort", "-rows", "--limit", "2", "--columns", "table,rows"],
        ["db", "stats", "--columns", "table"], ["db", "vacuum", "--csv"], ["db", "check", "--watch"],
    )  # fmt: skip
    lines = list(csv.reader(io.StringIO(whole.out)))
    assert lines[0] == ["table", "rows", "bytes"]
    assert len(lines) > 10
    items = json.loads(sorted_by_rows.out)["items"]
    assert [list(row) for row in items] == [["table", "rows"]] * 2
    assert items[0]["rows"] == max(int(line[1]) for line in lines[1:])
    assert plain.out.splitlines()[0] == "table", "nothing but the table that was asked for"
    assert (act.code, "--csv goes with check, stats, copy" in act.err) == (2, True)
    assert (again.code, "acct db check does something" in again.err) == (2, True)
    assert acct(home, "db", "check", "--csv").out == "account,where,what\n"
    assert acct(home, "outbox", "--csv").out.startswith("id,")


def test_all_of_an_account_is_one_table_as_csv(home: Path) -> None:
    lines = list(csv.DictReader(io.StringIO(acct(home, "show", "main", "--csv").out)))
    told = json.loads(acct(home, "show", "main", "--json").out)["items"][0]
    assert list(dict.fromkeys(line["part"] for line in lines)) == ["equity", "balances", "positions", "pnl", "streams"]
    for part in ("balances", "positions", "pnl"):
        for number, row in enumerate(told[part], start=1):
            here = [line for line in lines if (line["part"], line["row"]) == (part, str(number))]
            mine = {line["field"]: line["value"] for line in here}
            assert set(mine) == set(row)
            assert mine["account" if part != "pnl" else "key"] == row["account" if part != "pnl" else "key"]


@pytest.mark.parametrize("command", PAGES)
def test_every_page_can_be_watched_and_read_by_programs(command: str) -> None:
    assert set(options(command)) >= {"--json", "--tz", "--watch", "--no-pager"}
    assert not set(options(command)) & {"--columns", "--sort", "--limit"}


def test_periods_moments_and_currencies_are_where_they_mean_something() -> None:
    def taking(word: str) -> set[str]:
        return {name for name in [*TABLES, *PAGES] if word in options(name)}

    assert taking("--since") - {"reconcile"} == PERIODS
    assert taking("--until") == PERIODS
    assert taking("--in") == IN_A_CURRENCY
    assert taking("--at") == PAST


@pytest.mark.parametrize("word", ["--since", "--json", "--columns", "--limit", "--color", "--tz", "--watch"])
def test_a_word_is_explained_alike_wherever_it_stands(word: str) -> None:
    helps: dict[str | None, list[str]] = {}
    for name in COMMANDS:
        if word in options(name) and (COMMANDS[name].reads is not None or word == "--color") and name != "reconcile":
            helps.setdefault(options(name)[word].help, []).append(name)
    assert len(helps) == 1, helps


@pytest.mark.parametrize("command", [*TABLES, *PAGES])
def test_a_word_that_a_command_has_no_use_for_is_refused_with_the_reason(tmp_path: Path, command: str) -> None:
    for word, (why, _) in ABSENT.items():
        if word not in options(command):
            ended = acct(tmp_path, command, word)
            assert (ended.code, ended.out) == (2, "")
            assert f"acct {command} takes no {word}: it {why}" in ended.err
            break


@pytest.mark.parametrize("command", sorted(set(TABLES) - {"close", "reconcile", "outbox", "db"}))
def test_columns_order_and_number_mean_the_same_to_every_table(home: Path, command: str) -> None:
    whole = json.loads(acct(home, command, "--json").out)["items"]
    ended = acct(home, command, "--columns", "acccount")
    assert (ended.code, ended.out) == (2, "")
    assert "no column 'acccount'" in ended.err
    assert "did you mean 'account'?" in ended.err or command in {"pnl", "schema"}
    if not whole:
        return
    fields = list(whole[0])[:2]
    cut = json.loads(acct(home, command, "--json", "--columns", ",".join(fields), "--limit", "1").out)["items"]
    assert [list(row) for row in cut] == [fields]
    lines = list(csv.reader(io.StringIO(acct(home, command, "--csv", "--columns", ",".join(fields)).out)))
    assert lines[0] == fields
    assert len(lines) == len(whole) + 1
    plain = acct(home, command, "--columns", ",".join(fields)).out.splitlines()
    assert plain[0].split() == fields
    backwards = json.loads(acct(home, command, "--json", "--sort", f"-{fields[0]}").out)["items"]
    values = [row[fields[0]] for row in backwards if row[fields[0]] is not None]
    assert values == sorted(values, key=str.casefold, reverse=True)


def test_rows_are_sorted_by_size_and_then_limited_and_what_is_unknown_stands_last(home: Path) -> None:
    def ids(*words: str) -> list[tuple[str, str | None]]:
        rows = json.loads(acct(home, "fills", "--json", *words).out)["items"]
        return [(row["price"], row["realized_pnl"]) for row in rows]

    assert [price for price, _ in ids("--sort", "price")] == ["100", "150", "2000"]
    assert [price for price, _ in ids("--sort", "-price", "--limit", "1")] == ["2000"], "not the newest one"
    assert ids("--sort", "realized_pnl")[0] == ids("--sort", "-realized_pnl")[0] == ("150", "23.5")
    assert [price for price, _ in ids("--sort", "symbol,-price")] == ["150", "100", "2000"]


def test_a_market_that_nobody_knows_is_answered_with_the_nearest_one(home: Path) -> None:
    for command in ("positions", "fills", "lots", "orders"):
        ended = acct(home, command, "--symbol", "BTC/USDD")
        assert (ended.code, len(ended.out.splitlines())) == (0, 1)
        assert "no market 'BTC/USDD' is known; did you mean 'BTC/USD'?" in ended.err
    assert "is known" not in acct(home, "orders", "--symbol", "BTC/USD").err


def test_a_zone_is_for_what_people_read_and_write(home: Path) -> None:
    there = ("--tz", "America/New_York")
    assert '"2024-02-02T00:00:00Z"' in acct(home, "fills", "--json", *there).out
    assert "2024-02-01T19:00:00-05:00" in acct(home, "fills", "--csv", *there).out
    assert "2024-01-31T19:00:00.123-05:00" in acct(home, "fills", *there).out
    shown = acct_on_terminal(home, "-q", "fills", *there, NO_COLOR="1").out
    assert "time (America/New_York)" in shown
    assert "2024-02-01 19:00:00" in shown
    assert "2024-02-01 19:00:00" in acct_on_terminal(home, "-q", "fills", NO_COLOR="1", ACCT_TZ="America/New_York").out
    assert "2024-02-02T00:00:00Z" in acct(home, "fills", ACCT_TZ="America/New_York").out, "programs do not share it"
    day = ("fills", "--json", "--since", "2024-02-01", "--until", "2024-02-02")
    assert [row["id"] for row in json.loads(acct(home, *day).out)["items"]] == ["T2"]
    there_rows = json.loads(acct(home, *day, *there).out)["items"]
    assert [row["account"] for row in there_rows] == ["perp"], "that day began and ended five hours later"
    ended = acct(home, "fills", "--tz", "Europe/Belrin")
    assert (ended.code, "did you mean 'Europe/Berlin'" in ended.err) == (2, True)


def test_an_answer_is_given_again_and_again_until_stopped(home: Path) -> None:
    assert with_default_span(["--watch", "x", "--", "--watch"]) == ["--watch=2s", "x", "--", "--watch"]
    for form, heads in (("--csv", 1), ("--json", 0), ("--quiet", 1)):
        with subprocess.Popen(
            [*ACCT, "fills", "--watch=10ms", "--limit", "1", form],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(home), cwd=home,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert process.stderr is not None
            lines = [process.stdout.readline() for _ in range(4)]
            process.stdout.close()
            assert (process.wait(timeout=60), process.stderr.read()) == (0, "")
        assert sum("order_id" in line and "T1" not in line for line in lines) == heads
        assert len({line for line in lines[heads:] if form != "--json"}) <= 1
    ended = acct(home, "alerts", "mute", "LARGE_FILL", "--watch")
    assert (ended.code, "mute does something" in ended.err) == (2, True)


@pytest.mark.parametrize(("height", "left"), [(24, 0), (4, 0), (3, 2), (2, 3)])
def test_on_a_terminal_an_answer_takes_the_place_of_the_last(home: Path, height: int, left: int) -> None:
    screen, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, 200, 0, 0))
    env = environment(home, TERM="xterm", NO_COLOR="1")
    with subprocess.Popen(
        [*ACCT, "-q", "fills", "--watch=10ms"], stdin=terminal, stdout=terminal, stderr=terminal, env=env
    ) as it:
        os.close(terminal)
        shown = b""
        while shown.count(b"\x1b[H") < 4:
            shown += os.read(screen, 65_536)
        it.terminate()
        assert it.wait(timeout=60) == 143
    os.close(screen)
    before, first, second, *_ = shown.decode().split("\x1b[H")
    assert "time" not in before
    assert "\x1b[2J" not in shown.decode(), "never an empty screen between two answers"
    assert first == second
    lines = re.sub(r"\x1b\[[?0-9]*[a-zA-Z]", "", first).split("\r\n")[:height]
    assert lines[0].startswith("time (UTC)")
    assert sum("BTC/USD" in line or "ETH/USDT" in line for line in lines) == 3 - left
    assert [line for line in lines if "more row" in line] == (
        [f"… {left} more rows do not fit on the terminal"] if left else []
    )


def test_a_frame_wraps_what_is_wide_keeps_what_is_said_and_clears_what_was_longer() -> None:
    shown = frame("a" * 12 + "\nb\n", "\x1b[33mwarning:\x1b[0m 12345\n", 10, 24)
    lines = ["a" * 10, "aa", "b", "\x1b[33mwarning:\x1b[0m 1", "2345"]
    assert "\n".join(f"\x1b[K{line}" for line in lines) + "\n\x1b[J" in shown
    cut = frame("\n".join("abcdef"), "note: x", 80, 4)
    assert [line in cut for line in ("\x1b[Ka\n", "\x1b[Kb\n", "\x1b[K… 4 more rows", "\x1b[Knote: x")] == [True] * 4
    assert cut.count("\n") == 3, "no line too many, or the terminal would scroll"


def test_what_is_longer_than_the_screen_is_paged_and_only_there(home: Path, tmp_path: Path) -> None:
    pager = tmp_path / "pager"
    pager.write_text(f"#!/bin/sh\ntee {tmp_path}/paged >/dev/null\necho paged\n")
    pager.chmod(pager.stat().st_mode | stat.S_IXUSR)
    env = {"ACCT_PAGER": str(pager), "NO_COLOR": "1"}
    shown = acct_on_terminal(home, "fills", columns=120, lines=3, **env)
    assert (shown.code, "paged" in shown.out, "BTC/USD" in shown.out) == (0, True, False)
    assert "BTC/USD" in (tmp_path / "paged").read_text()
    (tmp_path / "paged").unlink()
    assert "BTC/USD" in acct_on_terminal(home, "fills", columns=120, lines=40, **env).out
    assert "BTC/USD" in acct_on_terminal(home, "fills", "--no-pager", columns=120, lines=3, **env).out
    assert "BTC/USD" in acct_on_terminal(home, "fills", lines=3, ACCT_PAGER="", NO_COLOR="1").out
    assert "BTC/USD" in acct_on_terminal(home, "fills", lines=3, ACCT_PAGER="no-such-pager", NO_COLOR="1").out
    assert "BTC/USD" in acct(home, "fills", ACCT_PAGER=str(pager)).out
    assert not (tmp_path / "paged").exists()


QUIET = (
    ("rebuild",), ("close", "2023"), ("import", "ledger.ndjson"), ("db", "check"), ("db", "vacuum"),
    ("db", "upgrade"), ("db", "backup", "copy.db"), ("export", "-O", "all.ndjson"), ("health",),
    ("alerts", "mute", "LARGE_FILL"),
)  # fmt: skip


@pytest.mark.parametrize("words", QUIET, ids=" ".join)
def test_what_succeeds_quietly_says_nothing(home: Path, words: tuple[str, ...]) -> None:
    ended = acct(home, "--quiet", *words)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "" or words[0] in {"close"}, "an answer is what was asked for"


def test_nobody_is_asked_where_nobody_can_answer(home: Path) -> None:
    session = Session()
    assert not session.may_ask() or os.isatty(0)
    build().make_context("acct", ["--no-input", "version"], obj=session)
    assert session.asks is False
    assert acct(home, "positions", "--no-input").code == 0
