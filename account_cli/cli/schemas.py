"""Every form that acct writes for programs has a JSON schema, made from the type that is written.

An answer in rows is described by its row type; what is no table by its keys, as written down here. The tests hold each
schema against what the commands really write. Types are named by text, so that asking for one loads no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from account_cli.reports.schema import json_schema, object_schema, row_schema, schema_of, type_schema

_ROWS = "account_cli.reports.rows"
_LEDGER = "account_cli.reports.ledger_rows"
_RECONCILE = "account_cli.reports.reconcile_rows"
_DATABASES = "account_cli.reports.databases"

TEXT, NUMBER, YES, ANY = str, int, bool, object
Keys = Mapping[str, Any]


class SchemaRow(msgspec.Struct, frozen=True, kw_only=True):
    """A form and the command that writes it."""

    name: str
    schema: str
    command: str


class Rows(NamedTuple):
    """A list of rows of this type, ``module:Name``."""

    type: str


class Maybe(NamedTuple):
    """A value of this kind, or null."""

    kind: Any


class Output(NamedTuple):
    """One form: the command that writes it, its row type (``module:Name``) or its keys, and keys beside the rows.

    ``named`` is False for lines that carry no ``schema`` themselves.
    """

    command: str
    row: str | None = None
    keys: Keys | None = None
    more: Keys = MappingProxyType({})
    named: bool = True


_CHANGED = {"account": TEXT, "what": TEXT, "old": TEXT, "new": TEXT}
_ERROR = {"id": TEXT, "code": TEXT, "message": TEXT, "hint": Maybe(TEXT)}
_MADE = {"database": TEXT}
OUTPUTS: dict[str, Output] = {
    "positions": Output("acct positions", f"{_ROWS}:PositionRow"),
    "positions.in": Output("acct positions --in", "account_cli.reports.valued:ValuedPositionRow"),
    "balances": Output("acct balances", f"{_ROWS}:BalanceRow"),
    "orders": Output("acct orders", f"{_ROWS}:OrderRow"),
    "fills": Output("acct fills", f"{_ROWS}:FillRow"),
    "fills.in": Output("acct fills --in", "account_cli.reports.valued:ValuedFillRow", more={"price_sources": {}}),
    "transfers": Output("acct transfers", f"{_ROWS}:TransferRow"),
    "pnl": Output("acct pnl", f"{_ROWS}:PnlRow", more={"price_sources": {}, "tz": TEXT}),
    "pnl.closings": Output("acct pnl --closings", f"{_ROWS}:ClosingRow"),
    "pnl.history": Output("acct pnl --history", f"{_LEDGER}:HistoryRow"),
    "equity": Output("acct equity", f"{_LEDGER}:HistoryRow", more={"now": Rows(f"{_ROWS}:EquityRow")}),
    "equity.now": Output("acct equity --now", f"{_ROWS}:EquityRow"),
    "stats": Output(
        "acct stats",
        f"{_LEDGER}:StatRow",
        more={"performance": Rows(f"{_LEDGER}:PerformanceRow"), "performance_incomplete": [TEXT]},
    ),
    "stats.performance": Output("acct stats --returns", f"{_LEDGER}:PerformanceRow"),
    "lots": Output("acct lots", f"{_LEDGER}:LotRow"),
    "lots.set-cost": Output(
        "acct lots set-cost",
        keys={"account": TEXT, "lot": TEXT, "quantity": TEXT, "cost": TEXT, "asset": TEXT},
    ),
    "show": Output(
        "acct show",
        keys={
            "as_of": TEXT,
            "complete": YES,
            "incomplete": [TEXT],
            "items": [
                {
                    "account": TEXT,
                    "equity": Maybe(f"{_ROWS}:EquityRow"),
                    "balances": Rows(f"{_ROWS}:BalanceRow"),
                    "positions": Rows(f"{_ROWS}:PositionRow"),
                    "pnl": Rows(f"{_ROWS}:PnlRow"),
                    "status": Maybe(f"{_ROWS}:AccountStatusRow"),
                    "streams": Rows(f"{_ROWS}:StreamState"),
                }
            ],
        },
    ),
    "explain.pnl": Output("acct explain pnl", f"{_LEDGER}:StepRow"),
    "explain.position": Output("acct explain position", f"{_LEDGER}:StepRow"),
    "explain.balance": Output("acct explain balance", f"{_LEDGER}:StepRow"),
    "accounts": Output("acct accounts", f"{_ROWS}:AccountStatusRow"),
    "status": Output("acct status", "account_cli.reports.status:ProcessStatusRow"),
    "health": Output(
        "acct health",
        keys={
            "status": TEXT,
            "version": TEXT,
            "uptime_seconds": Maybe(NUMBER),
            "checks": Rows("account_cli.reports.status:HealthCheck"),
        },
    ),
    "alerts": Output("acct alerts", "account_cli.alerts.listing:EpisodeRow"),
    "alert-rules": Output("acct alerts rules", "account_cli.alerts.listing:RuleRow"),
    "reconcile": Output(
        "acct reconcile", f"{_RECONCILE}:ReconcileRow", more={"proofs": Rows("account_cli.reports.proof:ProofRow")}
    ),
    "reconcile.history": Output("acct reconcile --history", f"{_RECONCILE}:RunRow"),
    "coverage": Output("acct coverage", "account_cli.reports.coverage:CoverageRow"),
    "issues": Output("acct issues", f"{_LEDGER}:IssueRow"),
    "issues.restatements": Output("acct issues --restatements", f"{_ROWS}:NoticeRow"),
    "inbox": Output("acct inbox", "account_cli.reports.inbox:InboxRow"),
    "unreadable": Output("acct inbox --unreadable", "account_cli.reports.inbox:UnreadableRow"),
    "inbox-text": Output(
        "acct inbox show",
        keys={
            "id": NUMBER,
            "account": TEXT,
            "received_at": TEXT,
            "source": TEXT,
            "channel": TEXT,
            "state": TEXT,
            "unreadable": Maybe(TEXT),
            "text": TEXT,
        },
    ),
    "close": Output("acct close", f"{_LEDGER}:ClosedRow"),
    "rebuild": Output("acct rebuild", keys={"accounts": [TEXT], "facts": NUMBER, "changed": [_CHANGED]}),
    "replay": Output(
        "acct replay",
        keys={
            "dry_run": YES,
            "items": [
                {
                    "account": TEXT,
                    "texts": NUMBER,
                    "facts": NUMBER,
                    "mended": NUMBER,
                    "unreadable": NUMBER,
                    "found": [{"identity": TEXT, "time": TEXT, "what": TEXT}],
                    "contradictions": [{"identity": TEXT, "field": TEXT, "stands": TEXT, "told": TEXT}],
                }
            ],
        },
    ),
    "import": Output(
        "acct import",
        keys={
            "file": TEXT,
            "added": NUMBER,
            "completed": NUMBER,
            "already_known": NUMBER,
            "account": Maybe(TEXT),
            "covered": NUMBER,
            "kinds": {},
            "first_at": Maybe(TEXT),
            "last_at": Maybe(TEXT),
            "passed_over": {},
            "dry_run": YES,
        },
        named=False,
    ),
    "config": Output(
        "acct config show",
        keys={
            "path": Maybe(TEXT),
            "profile": Maybe(TEXT),
            "items": [{"key": TEXT, "value": ANY, "origin": TEXT, "where": TEXT}],
        },
    ),
    "config.path": Output("acct config path", keys={"path": TEXT, "exists": YES}),
    "doctor": Output(
        "acct doctor",
        keys={
            "version": TEXT,
            "as_of": TEXT,
            "state": TEXT,
            "exit_code": NUMBER,
            "checks": Rows("account_cli.reports.doctor:Check"),
        },
    ),
    "poll": Output(
        "acct poll",
        keys={
            "account": TEXT,
            "ok": YES,
            "attached": YES,
            "new_facts": Maybe(NUMBER),
            "balances": Maybe(NUMBER),
            "open_orders": Maybe(NUMBER),
            "positions": Maybe(NUMBER),
            "seconds": TEXT,
            "error": Maybe(_ERROR),
        },
    ),
    "change": Output(
        "acct watch --plain --json",
        keys={
            "time": TEXT,
            "account": TEXT,
            "kind": TEXT,
            "key": TEXT,
            "old": Maybe(TEXT),
            "new": Maybe(TEXT),
        },
        named=False,
    ),
    "outbox": Output("acct outbox", "account_cli.reports.outbox:OutboxMessageRow"),
    "outbox-retry": Output("acct outbox retry", keys={"retried": NUMBER}),
    "cache-rebuild": Output("acct cache rebuild", keys={"accounts": NUMBER, "keys": NUMBER}),
    "db-upgrade": Output("acct db upgrade", keys={**_MADE, "from": Maybe(NUMBER), "to": NUMBER}),
    "db-check": Output("acct db check", f"{_DATABASES}:FindingRow"),
    "db-backup": Output("acct db backup", keys={**_MADE, "file": TEXT, "bytes": NUMBER}),
    "db-restore": Output("acct db restore", keys={**_MADE, "file": TEXT, "set_aside": Maybe(TEXT)}),
    "db-vacuum": Output("acct db vacuum", keys={**_MADE, "bytes_before": NUMBER, "bytes": NUMBER}),
    "db-stats": Output(
        "acct db stats",
        f"{_DATABASES}:TableRow",
        more={
            **_MADE,
            "engine": TEXT,
            "schema_number": NUMBER,
            "bytes": NUMBER,
            "bytes_free": NUMBER,
            "inbox_bytes": NUMBER,
            "accounts": Rows(f"{_DATABASES}:KnownRow"),
        },
    ),
    "db-copy": Output(
        "acct db copy", f"{_DATABASES}:CopiedRow", more={"from": TEXT, "to": TEXT, "facts_since": NUMBER}
    ),
    "schemas": Output("acct schema", "account_cli.cli.schemas:SchemaRow"),
    "version": Output("acct version", keys={"version": TEXT, "python": TEXT, "ccxt": TEXT, "platform": TEXT}),
    "error": Output("any command, on stderr", keys={"error": _ERROR}, named=False),
}


def listed() -> tuple[SchemaRow, ...]:
    """Return every form, in the order of the list above."""
    return tuple(
        SchemaRow(name=name, schema=schema_of(name), command=output.command) for name, output in OUTPUTS.items()
    )


def schema_named(name: str) -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of the output of this name. Raises ``KeyError``."""
    output = OUTPUTS[name]
    if output.row is not None:
        made = json_schema(name, type_at(output.row))
    else:
        assert output.keys is not None
        made = object_schema(name, {key: _kind(kind) for key, kind in output.keys.items()}, named=output.named)
    made["description"] = f"What {output.command} --json writes." if output.named else f"What {output.command} writes."
    for key, kind in output.more.items():
        made["properties"][key] = _kind(kind)
    return made


def type_at(place: str) -> Any:
    """Return the type that ``module:Name`` names."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def _kind(kind: Any) -> dict[str, Any]:
    """Return the schema of one key's value."""
    if isinstance(kind, Rows):
        return {"type": "array", "items": row_schema(type_at(kind.type))}
    if isinstance(kind, Maybe):
        return {"anyOf": [_kind(kind.kind), {"type": "null"}]}
    if isinstance(kind, list):
        return {"type": "array", "items": _kind(kind[0])}
    if isinstance(kind, str):
        return row_schema(type_at(kind))
    if isinstance(kind, Mapping):
        properties = {key: _kind(one) for key, one in kind.items()}
        return {"type": "object", "required": list(properties), "properties": properties}
    return {} if kind is ANY else type_schema("", kind)
