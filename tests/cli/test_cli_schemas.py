"""What acct writes for programs is what ``acct schema`` says that it writes: key by key, in every command."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from account_cli.cli.app import COMMANDS, build
from account_cli.cli.schemas import OUTPUTS, schema_named
from account_cli.cli.session import Session
from tests.cli.running import Ended, acct_several, filled_home
from tests.cli.test_cli_simulated import simulated

FROM_FILES = {
    "positions": "positions",
    "positions.in": "positions --in EUR",
    "balances": "balances",
    "orders": "orders --all",
    "fills": "fills",
    "fills.in": "fills --in EUR",
    "transfers": "transfers",
    "pnl": "pnl",
    "pnl.closings": "pnl --closings",
    "equity": "equity --since 2024-01-01 --until 2024-03-01",
    "equity.now": "equity --now",
    "stats": "stats",
    "stats.performance": "stats --returns",
    "lots": "lots",
    "lots.set-cost": "lots set-cost O1 30000 USD",
    "show": "show main",
    "explain.pnl": "explain pnl BTC/USD",
    "explain.position": "explain position BTC/USD",
    "explain.balance": "explain balance USD",
    "health": "health",
    "alerts": "alerts",
    "alert-rules": "alerts rules",
    "issues": "issues",
    "issues.restatements": "issues --restatements",
    "close": "close 2024",
    "rebuild": "rebuild",
    "db-upgrade": "db upgrade",
    "db-check": "db check",
    "db-backup": "db backup copy.db",
    "db-restore": "db restore copy.db --force",
    "db-vacuum": "db vacuum",
    "db-stats": "db stats",
    "db-copy": "db copy --to sqlite:///there.db",
    "import": "import ledger.ndjson",
    "config": "config show",
    "config.path": "config path",
    "doctor": "doctor --offline",
    "schemas": "schema",
    "version": "version",
    "error": "positions nobody",
}
FROM_AN_EXCHANGE = {
    "poll": "poll",
    "change": "watch --plain --count 1",
    "pnl.history": "pnl --history --interval 30s",
    "accounts": "accounts",
    "status": "status",
    "coverage": "coverage",
    "reconcile": "reconcile --settle 1s --timeout 2s --explain",
    "reconcile.history": "reconcile --history",
    "inbox": "inbox",
    "inbox-text": "inbox show 1",
    "unreadable": "inbox --unreadable",
    "replay": "replay",
    "fills": "fills",
    "orders": "orders --all",
    "positions": "positions",
    "balances": "balances",
    "show": "show sim",
}
FROM_A_SERVER = {"outbox", "outbox-retry", "cache-rebuild"}
"""Held by the tests of Redis, for which there is one."""
OPENING = """\
{"kind":"opening","account":"main","id":"O1","time":"2023-12-01T00:00:00Z","asset":"BTC","amount":"1","cost":null,"cost_asset":"USD"}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled_home(tmp_path_factory.mktemp("schemas"))


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from simulated(tmp_path_factory.mktemp("schemas-sim"), "--venue", "kraken", "--speed", "1x")


def hold(name: str, ended: Ended) -> Any:
    """Hold what was written against its schema, and every key against being described."""
    schema = schema_named(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    told = ended.err if name == "error" else ended.out
    assert told, (name, ended)
    written: Any = None
    for line in told.splitlines():
        written = json.loads(line)
        jsonschema.validate(
            written, closed(schema), jsonschema.Draft202012Validator,
            format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
        )  # fmt: skip
    return written


def closed(schema: Any) -> Any:
    """Return the schema with no key allowed that it does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and schema.get("properties"):
        made["additionalProperties"] = False
    return made


def ask(home: Path, commands: dict[str, str]) -> Iterator[tuple[str, Ended]]:
    wanted = [[*shlex.split(words), "--json"] for words in commands.values()]
    yield from zip(commands, acct_several(home, *wanted), strict=True)


def test_every_form_is_held_by_some_test() -> None:
    assert set(OUTPUTS) == set(FROM_FILES) | set(FROM_AN_EXCHANGE) | FROM_A_SERVER
    for name in OUTPUTS:
        jsonschema.Draft202012Validator.check_schema(schema_named(name))


def test_every_command_that_writes_json_has_a_schema() -> None:
    said = {output.command.split()[1] for output in OUTPUTS.values() if output.command.startswith("acct ")}
    group = build()
    context = group.make_context("acct", [], obj=Session(), resilient_parsing=True)
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        writes = any("--json" in param.opts for param in command.params)
        assert not writes or name in said, f"acct {name} --json"


def test_what_is_asked_of_files_is_written_as_said(home: Path) -> None:
    (home / "opening.ndjson").write_text(OPENING)
    (imported,) = acct_several(home, ["import", "opening.ndjson"])
    assert imported.code == 0, imported.err
    rows = {
        "positions",
        "positions.in",
        "balances",
        "fills",
        "fills.in",
        "transfers",
        "pnl",
        "pnl.closings",
        "equity",
        "stats",
        "lots",
        "show",
        "issues",
    }
    for name, ended in ask(home, FROM_FILES):
        written = hold(name, ended)
        assert name not in rows or written["items"], f"{name}: a schema of nothing holds nothing"


@pytest.mark.slow
def test_what_an_exchange_told_is_written_as_said(connected: Path) -> None:
    rows = {"accounts", "coverage", "inbox", "balances", "show"}
    for name, ended in ask(connected, FROM_AN_EXCHANGE):
        written = hold(name, ended)
        assert name not in rows or written["items"], f"{name}: a schema of nothing holds nothing"


def test_a_schema_is_printed_listed_and_named_when_mistyped(home: Path) -> None:
    listed, one, same, wrong = acct_several(
        home, ["schema", "--json"], ["schema", "positions"], ["schema", "acct.positions/1"], ["schema", "positons"]
    )
    assert [row["name"] for row in json.loads(listed.out)["items"]] == list(OUTPUTS)
    assert json.loads(one.out) == schema_named("positions")
    assert same.out == one.out
    assert (wrong.code, "did you mean 'positions'?" in wrong.err) == (2, True)


def test_a_decimal_with_an_exponent_or_a_number_for_one_would_be_found() -> None:
    schema = closed(schema_named("balances"))
    row = dict.fromkeys(schema["properties"]["items"]["items"]["required"])
    row |= {"account": "a", "wallet": "spot", "asset": "BTC", "currency": "USD", "source": "ledger", "total": "1"}
    body = {
        "schema": "acct.balances/1",
        "as_of": "2026-01-01T00:00:00Z",
        "complete": True,
        "incomplete": [],
        "items": [row],
    }
    jsonschema.validate(body, schema)
    for wrong in ("1E+3", 1, 1.0, None, ""):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**body, "items": [{**row, "total": wrong}]}, schema)
