"""Whatever is wrong is said in one line with the next step and its exit status, and nothing is touched."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from tests.cli.running import Ended, acct, acct_on_terminal, database, filled_home

CANARY = "canary-4f1d9b7e55aa"


class Case(NamedTuple):
    """What is typed, the exit status, and words that must be in the message."""

    words: str
    code: int
    says: tuple[str, ...]
    env: Mapping[str, str] = MappingProxyType({})
    config: str | None = None
    mode: int = 0o600


CASES = {
    "unknown command": Case("postions", 2, ("no such command", "positions")),
    "unknown option": Case("positions --jsno", 2, ("no such option", "acct positions --help")),
    "option without its value": Case("fills --limit", 2, ("--limit",)),
    "too many arguments": Case("version now", 2, ("unexpected",)),
    "not a number": Case("fills --limit many", 2, ("--limit", "whole number")),
    "number out of range": Case("orders --limit 0", 2, ("--limit", "at least 1")),
    "unknown time": Case("fills --since soon", 2, ("--since", "not a time", "yesterday")),
    "empty period": Case("fills --since 1d --until 2d", 2, ("is not after",)),
    "unknown choice": Case("pnl --by monht", 2, ("--by", "'month'")),
    "method not offered": Case("pnl --method fofi", 2, ("--method",)),
    "a method of pools for lots": Case("lots --method hfo", 2, ("--method", "'hifo'")),
    "closings and history": Case("pnl --closings --history", 2, ("--closings and --history", "exclude each other")),
    "closings in a currency": Case("pnl --closings --in EUR", 2, ("--closings and --in",)),
    "history by something": Case("pnl --history --by day", 2, ("--history and --by",)),
    "history by another method": Case("pnl --history --method fifo", 2, ("average", "--method")),
    "interval without history": Case("pnl --interval 1h", 2, ("--interval needs --history",)),
    "unknown interval": Case("pnl --history --interval 2h", 2, ("--interval", "1h")),
    "at and until": Case("pnl --at 2024 --until 2025", 2, ("--at and --until",)),
    "at before since": Case("pnl --at 2023 --since 2024", 2, ("--at", "before --since")),
    "a time to come": Case("positions --at 2999", 2, ("--at", "has not come yet")),
    "a time that is none": Case("balances --at soon", 2, ("--at", "not a time")),
    "no currency": Case("pnl --in US$", 2, ("--in", "not a currency")),
    "no currency to value in": Case("balances --in U.S.D", 2, ("--in", "not a currency")),
    "now with a history": Case("equity --now --since 7d", 2, ("--since is for the history", "--now")),
    "at with an interval": Case("equity --at 2024 --interval 1d", 2, ("--interval is for the history",)),
    "now and at": Case("equity --now --at 2024", 2, ("--now and --at",)),
    "show of nobody": Case("show", 2, ("ACCOUNT", "missing")),
    "show of an unknown account": Case("show mian", 2, ("unknown account", "'main'")),
    "explain of nothing": Case("explain", 2, ("missing", "acct explain --help")),
    "explain of an unknown figure": Case("explain pln BTC/USD", 2, ("the figure", "'pnl'")),
    "explain of an unknown market": Case("explain pnl BTC/USDD", 2, ("no profit or loss of", "'BTC/USD'")),
    "explain of a market for an asset": Case("explain balance BTC/USD", 2, ("no balance of", "'USD'")),
    "explain of what is not open": Case("explain position ETH/USD", 2, ("no open position in",)),
    "no inputs": Case("explain pnl BTC/USD --inputs 0", 2, ("--inputs", "at least 1")),
    "set-cost of nothing": Case("lots set-cost", 2, ("set-cost needs LOT COST ASSET",)),
    "set-cost of an unknown lot": Case("lots set-cost nowhere 1 USD", 2, ("no lot 'nowhere'", "acct lots")),
    "set-cost of no number": Case("lots set-cost x cheap USD", 2, ("COST", "not a number")),
    "set-cost below zero": Case("lots set-cost x=1 -- -1 USD", 2, ("COST", "negative")),
    "set-cost in no asset": Case("lots set-cost x 1 U$D", 2, ("ASSET", "not a currency")),
    "account without set-cost": Case("lots --account main", 2, ("--account is for set-cost",)),
    "close of no period": Case("close", 2, ("which period", "acct close 2025")),
    "close of a week": Case("close 2024-W01", 2, ("PERIOD", "2025-11")),
    "close of a span": Case("close 7d", 2, ("PERIOD", "not a year, month or day")),
    "close of what is not over": Case("close 2999", 2, ("not over yet",)),
    "rebuild of nobody": Case("rebuild mian", 2, ("unknown account", "'main'")),
    "replay of nobody": Case("replay mian", 2, ("mian",)),
    "replay of no time": Case("replay --since soon", 2, ("--since",)),
    "text that is not kept": Case("inbox show 99", 2, ("no text '99'",)),
    "two forms at once": Case("fills --json --csv", 2, ("exclude each other",)),
    "open and all": Case("orders --open --all", 2, ("exclude each other",)),
    "unknown colour": Case("positions --color maybe", 2, ("--color",)),
    "unknown account, stored ones near": Case("positions mian", 2, ("unknown account 'mian'", "'main'")),
    "unknown account, an exchange near": Case("poll krakn", 2, ("krakn", "'kraken'")),
    "no account at all": Case("poll", 8, ("no account is configured", "acct demo")),
    "missing key": Case(
        "poll kraken", 5, ("no API key for kraken", "KRAKEN_API_KEY and KRAKEN_API_SECRET", "config.toml")
    ),
    "half a key": Case("poll kraken", 5, ("KRAKEN_API_SECRET",), {"KRAKEN_API_KEY": CANARY}),
    "secret file of nobody": Case("poll kraken", 8, ("KRAKEN_API_KEY_FILE",), {"KRAKEN_API_KEY_FILE": "nowhere"}),
    "configuration not there": Case("--config nowhere.toml positions", 8, ("nowhere.toml", "no such file")),
    "configuration not TOML": Case("positions", 8, ("config.toml:2", "not TOML"), config="a = 1\nb = ="),
    "configuration with an unknown key": Case(
        "positions",
        8,
        ("config.toml:2 [accounts.main.exchnage]", "'exchange'"),
        config="[accounts.main]\nexchnage='kraken'",
    ),
    "configuration that others read": Case(
        "positions", 8, ("chmod 600",), config=f"[accounts.kraken]\napi_key = '{CANARY}'", mode=0o644
    ),
    "unknown exchange": Case(
        "poll main", 8, ("config.toml:2", "'kraken'"), config="[accounts.main]\nexchange='krakken'"
    ),
    "address that is none": Case(
        "poll main",
        8,
        ("accounts.main.urls.api.rest",),
        config="[accounts.main]\nexchange='kraken'\nurls.api.rest='nowhere'",
    ),
    "not a terminal": Case("watch kraken", 2, ("not a terminal", "acct watch --plain")),
    "plain options without plain": Case("watch --count 3", 2, ("--count needs --plain",)),
    "unknown kind": Case("watch --plain --kind balances", 2, ("--kind", "'balance'")),
    "negative amount": Case("watch --plain --min-change=-1", 2, ("--min-change",)),
    "span of nothing": Case("poll --every 0s", 2, ("--every",)),
    "speed of nothing": Case("simulate --speed 0x", 2, ("--speed",)),
    "unknown venue": Case("simulate --venue krakn", 2, ("--venue", "'kraken'")),
    "port of nobody": Case("simulate --port 70000", 2, ("--port",)),
    "import of nothing": Case("import", 2, ("FILE", "missing")),
    "import of a file not there": Case("import nowhere.ndjson", 2, ("nowhere.ndjson",)),
    "import of a directory": Case("import .", 2, ("directory",)),
    "import of a broken line": Case("import broken.ndjson", 2, ("broken.ndjson:2",)),
    "import of a wrong field": Case("import field.ndjson", 2, ("field.ndjson:1", "price")),
    "import that contradicts": Case("import other.ndjson", 2, ("other.ndjson:1", "price")),
    "export to nowhere": Case("export -O nowhere/x", 2, ("cannot write",)),
    "export onto a directory": Case("export -O .", 2, ("directory",)),
    "export of two forms": Case("export --csv --format ndjson", 2, ("exclude each other",)),
    "export of an unknown form": Case("export --format cvs", 2, ("--format", "'csv'")),
}
_FILL = (
    '{"kind":"fill","account":"main","id":"T1","order_id":"O1","time":"2024-01-02T00:00:00Z","seq":1,"symbol":"BTC/USD",'
    '"side":"buy","price":"%s","quantity":"1","fees":[{"asset":"USD","amount":"1"}],"liquidity":"taker"}\n'
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = filled_home(tmp_path_factory.mktemp("bad"))
    (made / "broken.ndjson").write_text(_FILL % "100" + "{not json\n")
    (made / "field.ndjson").write_text(_FILL % "cheap")
    (made / "other.ndjson").write_text(_FILL % "101")
    return made


def state(home: Path) -> dict[str, str]:
    """Return what every file of the database holds."""
    rows = sqlite3.connect(f"file:{database(home)}?mode=ro", uri=True)
    try:
        dump = hashlib.sha256("\n".join(rows.iterdump()).encode()).hexdigest()
    finally:
        rows.close()
    return {"dump": dump, "files": " ".join(sorted(p.name for p in home.iterdir() if not p.name.startswith(".")))}


def is_one_good_line(ended: Ended) -> bool:
    return ended.err.startswith("error: ") and ended.err.count("\n") == 1 and "Traceback" not in ended.err


@pytest.mark.parametrize("name", CASES)
def test_one_line_one_step_one_status(home: Path, name: str) -> None:
    case = CASES[name]
    before = state(home)
    env = dict(case.env)
    if case.config is not None:
        file = home / ".config/acct/config.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(case.config)
        file.chmod(case.mode)
    try:
        ended = acct(home, *case.words.split(), **env)
        as_json = acct(home, *case.words.split(), "--json", **env) if _has_json(case.words) else None
    finally:
        (home / ".config/acct/config.toml").unlink(missing_ok=True)
    assert ended.code == case.code, ended.err
    assert "--json" in case.words or is_one_good_line(ended), ended.err
    assert ended.out == ""
    for words in case.says:
        assert words in ended.err
    assert CANARY not in ended.err
    if as_json is not None:
        assert as_json.code == case.code
        assert as_json.out == ""
        assert set(as_json.error) == {"id", "code", "message", "hint"}
    assert state(home) == before, "nothing was touched"


def _has_json(words: str) -> bool:
    command = next(word for word in words.split() if not word.startswith("-") and not word.endswith(".toml"))
    return "--" not in words.split() and command in {
        "positions", "balances", "orders", "fills", "pnl", "import", "equity", "show", "explain", "lots", "close",
        "rebuild",
    }  # fmt: skip


def _newer(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 999")
    connection.commit()
    connection.close()


def _garbage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [_newer, _garbage, _folder])
@pytest.mark.parametrize("words", ["positions", "import ledger.ndjson"])
def test_a_database_that_cannot_be_used(tmp_path: Path, words: str, spoil: Callable[[Path], None]) -> None:
    home = filled_home(tmp_path)
    spoil(database(home))
    before = database(home).read_bytes() if database(home).is_file() else b""
    ended = acct(home, *words.split())
    assert ended.code == 9, ended.err
    assert is_one_good_line(ended), ended.err
    assert "hint:" in ended.err
    assert (database(home).read_bytes() if database(home).is_file() else b"") == before


def test_a_place_for_data_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "l.ndjson").write_text(_FILL % "1")
    ended = acct(tmp_path, "import", "l.ndjson", ACCT_DATA_DIR=str(tmp_path / "file/below"))
    assert ended.code == 9, ended.err
    assert is_one_good_line(ended), ended.err
    assert acct(tmp_path, "positions", ACCT_DATA_DIR=str(tmp_path / "file/below")).code in {0, 9}


def test_a_terminal_too_small_for_a_screen(tmp_path: Path) -> None:
    ended = acct_on_terminal(tmp_path, "watch", "kraken", columns=30, lines=10)
    assert ended.code == 2
    assert "too small: 30x10" in ended.out
    assert "Traceback" not in ended.out


def test_a_terminal_that_shows_no_screen(tmp_path: Path) -> None:
    ended = acct_on_terminal(tmp_path, "watch", "kraken", TERM="dumb")
    assert ended.code == 2
    assert "acct watch --plain" in ended.out


def test_an_error_is_coloured_only_for_people(tmp_path: Path) -> None:
    assert "\x1b" in acct_on_terminal(tmp_path, "nothing").out
    assert "\x1b" not in acct_on_terminal(tmp_path, "nothing", NO_COLOR="1").out
    assert "\x1b" not in acct_on_terminal(tmp_path, "--color", "never", "nothing").out
    assert "\x1b" not in acct(tmp_path, "nothing").err
    assert "\x1b" in acct(tmp_path, "--color", "always", "nothing").err
