"""The keys themselves, in the order in which the example and the reference show them."""

from __future__ import annotations

import json

from account_cli.alerts import RULES
from account_cli.config.catalogue import ANY, Hidden, Key, Kind, Path

ABOUT: dict[Path, str] = {
    (): "At the top of the file, before any table:",
    ("storage",): "Where the facts are kept: a file of SQLite in data_dir, unless another place is named. "
    "A server is for several machines: pip install 'psycopg[binary]' (docs/databases.md, docs/redis.md).",
    ("retention",): "What is no fact goes after so long (docs/retention.md); facts are kept for good:",
    ("inbox",): "What the exchanges said is kept as received, so that acct replay can read it again:",
    ("reconcile",): "Whether what follows from the facts is what the exchange states (docs/reconcile.md):",
    ("reconcile", "dust"): "So much of an asset may differ at every exchange, or, in [reconcile.dust.kraken], at one:",
    (
        "alerts",
    ): "When to speak, and to whom, while collecting (docs/alerts.md). Rules have defaults; acct alerts rules "
    "shows each, now:",
    ("alerts", "channels"): "Where alerts go: a URL, or where it is (docs/secrets.md). The names are yours:",
    ("alerts", "rules", ANY): "A rule is called " + ", ".join(rule.name for rule in RULES) + ":",
    ("log",): "What acct says of its own work, on stderr unless a file is named; no secret is ever in it:",
    (
        "accounts",
        ANY,
    ): "An account, in [accounts.NAME]. The name is yours. Keys that may only read are all that acct can "
    "use; docs/secrets.md says where they are looked for. Any of the times at the top may stand here too:",
}
"""What a table is for."""

_TIMES = (
    ("reconnect_delay", 1, "the first wait after a lost connection; doubled each time"),
    ("reconnect_max_delay", 10, "up to this"),
    ("keepalive", 4, "a ping when a stream has been silent for so long"),
    ("timeout", 10, "how long one request may take"),
    ("poll_interval", 60, "between two passes over what is polled"),
    ("key_interval", "10m", "between two looks at what the key may do, or whether a refused one is taken again"),
    ("forbidden_wait", "30m", "nothing is sent for so long after a firewall's 403 that names no time"),
)
_SECRETS = (
    ("api_key", "the key, or where it is"),
    ("secret", "its secret, or where that is"),
    ("passphrase", "where an exchange has one besides"),
)


def _key(
    dotted: str,
    kind: Kind,
    about: str,
    default: object = None,
    *,
    example: str | None = None,
    choices: tuple[str, ...] = (),
    least: int | None = None,
    most: int | None = None,
    hidden: Hidden | None = None,
    reference: bool = False,
) -> Key:
    return Key(
        path=tuple(dotted.split(".")),
        kind=kind,
        about=about,
        default=default,
        example=example,
        choices=choices,
        least=least,
        most=most,
        hidden=hidden,
        reference=reference,
    )


def _times(table: str) -> list[Key]:
    """The times: at the top for all accounts, and for one account without a default of its own."""
    return [
        _key(
            f"{table}{name}", "span", about, None if table else default, example=json.dumps(default) if table else None
        )
        for name, default, about in _TIMES
    ]


def _secrets() -> list[Key]:
    found = []
    for name, about in _SECRETS:
        at = f"accounts.*.{name}"
        found += [
            _key(at, "text", about, example=f'"keyring:acct/main/{name}"', hidden="secret", reference=True),
            _key(f"{at}_file", "text", "a file of mode 600 that holds it", example=f'"main.{name}"'),
            _key(f"{at}_command", "text", "a command that prints it", example=f'"pass {name}"', hidden="command"),
        ]
    return found


_LEVELS = ("debug", "info", "warning", "error")
_SEVERITY = ("info", "warning", "critical")

KEYS: tuple[Key, ...] = (
    _key("currency", "text", "what equity and balances are valued in", "USD"),
    _key("pegged", "texts", "taken at their peg where no market can be reached", ["USDT", "USDC", "DAI", "FDUSD"]),
    _key("data_dir", "text", "acct.db is in here (ACCT_DATA_DIR)", example='"~/.local/share/acct"'),
    _key("cache_dir", "text", "listings of markets (ACCT_CACHE_DIR)", example='"~/.cache/acct"'),
    *_times(""),
    _key(
        "storage.database",
        "text",
        "sqlite:///FILE or postgresql://…; options of libpq may follow, TLS too: ?sslmode=verify-full",
        example='"postgresql://acct@db.example/acct"',
        hidden="url",
        reference=True,
    ),
    _key(
        "storage.redis",
        "text",
        "for other programs, beside either",
        example='"redis://cache.example:6379/0"',
        hidden="url",
        reference=True,
    ),
    _key("storage.redis_prefix", "text", "what every key and channel there begins with, like acct:", ""),
    _key(
        "storage.timescale",
        "text",
        "history in hypertables of TimescaleDB: auto is where it is loaded",
        "auto",
        choices=("auto", "on", "off"),
    ),
    _key(
        "retention.observations_days", "whole", "what the exchange stated, whenever it changed", 30, least=1, most=3650
    ),
    _key("retention.proofs_days", "whole", "proofs of runs in which all agreed", 365, least=1, most=3650),
    _key("retention.snapshots_days", "whole", "positions, and fine points of the history", 90, least=1, most=3650),
    _key("retention.positions_every", "span", "how often positions are recorded, at least 30s", "300s"),
    _key("retention.outbox_days", "whole", "a message to others waits so long, then it is dead", 7, least=1, most=3650),
    _key("inbox.keep_days", "whole", "for so long; what could not be read, 90 days", 7, least=1, most=3650),
    _key("inbox.max_mb", "whole", "and no more than this, the oldest going first", 512, least=1, most=1_000_000),
    _key("reconcile.every", "span", "how often beside a collector, at least 5s", "60s"),
    _key("reconcile.settle", "span", "a difference must last so long to be a break, at most 90s", "5s"),
    _key(
        "reconcile.tolerance",
        "table",
        'exact, b25, or { balance = "0.00001", position = "0.0001" }',
        "exact",
        choices=("exact", "b25"),
    ),
    _key("reconcile.auto_correct", "flag", "what stays unexplained becomes a visible Adjustment", False),
    _key("reconcile.dust.*", "number", "the asset, and how much of it", example='"0.00000001"'),
    _key("reconcile.dust.*.*", "number", "the same at one exchange alone", example='"0.0001"'),
    _key(
        "alerts.preset", "text", "b25: total below 1000, drawdown above 5 %, …", "default", choices=("default", "b25")
    ),
    _key("alerts.suppress", "span", "an episode so soon after the last is counted, and told later; or off", "60s"),
    _key("alerts.repeat", "span", 'or "10m": again while it lasts and nobody acknowledges it', "off"),
    _key("alerts.escalate", "span", 'or "15m": once more, as critical, when nobody acknowledged it', "off"),
    _key("alerts.quiet", "text", "in UTC; only what is critical is told, the rest afterwards", example='"22:00-07:00"'),
    _key("alerts.window", "text", "in which the peak of a drawdown is looked for", "30d"),
    _key("alerts.hide_amounts", "flag", "messages name the rule, and no figure", False),
    _key("alerts.allow_link_local", "flag", "true: also to addresses where clouds keep their credentials", False),
    _key(
        "alerts.heartbeat_url",
        "text",
        "asked every minute while the rules are looked at: a dead man's switch",
        example='"https://hc.example/x"',
        hidden="url",
    ),
    _key(
        "alerts.channels.*",
        "text",
        "https://…, smtp://user@host/?to=a@b.c, tgram://token/chat and what else Apprise knows",
        example='"https://example.org/hook"',
        hidden="url",
        reference=True,
    ),
    _key("alerts.channels.*.url", "text", "the same, with", example='"env:MAIL_URL"', hidden="url", reference=True),
    _key(
        "alerts.channels.*.least", "text", "the least severity that goes there", example='"warning"', choices=_SEVERITY
    ),
    *(
        key
        for table in ("alerts.rules.*", "alerts.rules.*.accounts.*")
        for key in (
            _key(f"{table}.enabled", "flag", "false: it is silent", example="true"),
            _key(f"{table}.threshold", "number", "from where on it speaks; exact numbers in quotes", example="1000"),
            _key(f"{table}.critical", "number", "a second, graver level", example='"500.5"'),
            _key(f"{table}.severity", "text", "how grave it is", example='"warning"', choices=_SEVERITY),
            _key(f"{table}.absolute", "number", "how much a drift must be besides its percentage", example='"0.1"'),
            _key(f"{table}.clear_pct", "number", "by how many % it must have come back to be over", example="2"),
            _key(f"{table}.for", "span", "it must last so long", example='"30s"'),
            _key(f"{table}.assets.*", "number", "for one asset, or one market", example='"0.1"'),
        )
    ),
    _key("log.level", "text", "-v and -vv say more, -q says less", "warning", choices=_LEVELS),
    _key("log.format", "text", "json: one object a line", "console", choices=("console", "json")),
    _key(
        "log.output", "text", "or a file; a command that fills the screen writes acct.log in the state folder", "stderr"
    ),
    _key("log.levels.*", "text", "one component alone, like storage or exchanges", example='"debug"', choices=_LEVELS),
    _key(
        "log.traces",
        "flag",
        "OpenTelemetry, to OTEL_EXPORTER_OTLP_ENDPOINT: pip install opentelemetry-exporter-otlp-proto-http",
        False,
    ),
    _key("accounts.*.exchange", "text", "may be left out when the account is named like it", example='"kraken"'),
    _key("accounts.*.user", "text", "whose it is, for your own order", example='"alice"'),
    *_secrets(),
    _key(
        "accounts.*.wallet_address", "text", "instead of a key, where an exchange is read by address", example='"0x..."'
    ),
    _key("accounts.*.symbols", "texts", "markets to ask for besides those that are found", example='["BTC/USD"]'),
    _key("accounts.*.sandbox", "flag", "the exchange's own test system", False),
    _key("accounts.*.rate_limit", "flag", "keep within the exchange's limits", True),
    _key("accounts.*.allow_writable_key", "flag", "use the key even when it can trade or withdraw", False),
    *_times("accounts.*."),
    _key(
        "accounts.*.urls",
        "table",
        "other addresses; acct simulate prints what belongs here",
        example='{ api = { public = "http://127.0.0.1:8000" } }',
    ),
    _key(
        "accounts.*.strategy.*",
        "text",
        "of balances, orders, fills, positions, transfers",
        example='"poll"',
        choices=("stream", "poll", "off"),
    ),
)
CATALOGUE: dict[Path, Key] = {key.path: key for key in KEYS}
