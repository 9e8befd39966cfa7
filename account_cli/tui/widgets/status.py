"""The status line: whose account, how it is followed, whether it is alive, and what time it is."""

from __future__ import annotations

from dataclasses import dataclass

from account_cli.domain.times import SECOND
from account_cli.reports.render import Privacy, age, clean_text, clock, date_and_time
from account_cli.reports.rows import AccountStatusRow, AlertNotice, Screenful, StreamState
from account_cli.tui.model.cell import Span, Tone
from account_cli.tui.model.fit import text_width
from account_cli.tui.tables.streams import STATUS_TONE
from account_cli.tui.widgets.lines import Group, fit_first, fit_groups

LIVENESS: dict[str, tuple[str, Tone]] = {
    "LIVE": ("●", "good"),
    "DEGRADED": ("◐", "warn"),
    "STALE": ("○", "warn"),
    "OFFLINE": ("✖", "bad"),
}
_COUNTED: tuple[tuple[str, str, str, Tone], ...] = (
    ("critical", "✖", "CRIT", "bad"),
    ("warning", "!", "WARN", "warn"),
    ("info", "·", "INFO", "dim"),
)
_WORST_FIRST = ("OFFLINE", "STALE", "DEGRADED", "LIVE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the status line says besides the accounts."""

    title: str
    now_ns: int
    privacy: Privacy = "off"
    frozen: bool = False
    missed: int = 0
    error: str | None = None


_KEYS = {
    "can-trade": Span("key can trade", "bad"),
    "can-withdraw": Span("key can withdraw", "bad"),
    "rejected": Span("key rejected", "bad"),
    "unverified": Span("key unverified", "warn"),
}
"""What is said of a key; of one that may only read, nothing."""


def status_lines(screenful: Screenful | None, situation: Situation, width: int, most: int) -> list[list[Span]]:
    """Return the status line, and where there are several accounts one more for each, at most ``most`` in all."""
    accounts = screenful.accounts if screenful else ()
    marks = _marks(screenful, situation)
    brand = Group((Span(f" {clean_text(situation.title, 20)} ", "brand"),), 1)
    if len(accounts) != 1:
        lines = [fit_groups([brand, *_several(accounts, situation), *marks], width)]
    else:
        variants = [[brand, *_account(accounts[0], situation, short=short), *marks] for short in (False, True)]
        lines = [fit_first(variants, width)]
    if len(accounts) > 1 and most > 1:
        shown = accounts if len(accounts) < most else _worst(accounts)[: most - 1]
        widest = max(text_width(_name(row)) for row in shown)
        lines += [_own_line(row, situation, width, widest) for row in shown]
    return lines


def _own_line(row: AccountStatusRow, situation: Situation, width: int, widest: int) -> list[Span]:
    thawed = Situation(title="", now_ns=situation.now_ns)
    return fit_first([_account(row, thawed, short=short, name_width=widest) for short in (False, True)], width)


def _name(row: AccountStatusRow) -> str:
    """The account, and its venue where that is not said by the account's name."""
    name = clean_text(row.account, 24)
    return f"{name} {clean_text(row.venue, 20)}" if row.venue and row.venue != row.account else name


def _account(row: AccountStatusRow, situation: Situation, *, short: bool, name_width: int = 0) -> list[Group]:
    name, full = clean_text(row.account, 24), _name(row)
    groups = [Group((Span(name, "strong"), Span(full.removeprefix(name).ljust(name_width - len(name)), "dim")), 0)]
    if situation.frozen:
        groups.append(_frozen(situation))
    else:
        groups.append(Group((liveness(row),), 0))
    if row.strategy:
        groups.append(Group((Span(clean_text(row.strategy, 20), "dim"),), 4))
    if row.key in _KEYS:
        groups.append(Group((_KEYS[row.key],), 1))
    if row.generic:
        groups.append(Group((Span("generic", "warn"),), 5))
    groups += _history(row) + _reconciled(row, situation.now_ns)
    streams = [stream for stream in row.streams if stream.strategy != "off"]
    if streams:
        groups.append(Group(_streams(streams, situation.now_ns, short=short), 3))
    return groups


def _reconciled(row: AccountStatusRow, now_ns: int) -> list[Group]:
    """Say whether the ledger agrees with the exchange, and how long ago that was looked at, or what that waits for."""
    if row.reconciled is None:
        return []
    passed = "" if row.reconciled_at is None else f" {age(now_ns - row.reconciled_at)}"
    if row.drifting:
        return [Group((Span(f"≠ {row.drifting} drifting", "bad"), Span(passed, "dim")), 1)]
    if row.reconciled in {"clean", "explained", "unexplained"}:  # what is unexplained and does not drift was corrected
        return [Group((Span("= exchange", "good"), Span(passed, "dim")), 6)]
    if row.reading_history:
        return [Group((Span("reading history", "dim"),), 5)]
    return [Group((Span(f"? exchange {clean_text(row.reconciled, 12)}", "warn"), Span(passed, "dim")), 5)]


def _history(row: AccountStatusRow) -> list[Group]:
    """Say where the history has gaps, what could not be read, and from when on it is known, if not from its start."""
    groups = []
    if row.history_gaps:
        groups.append(Group((Span(f"{row.history_gaps} gap{'s' * (row.history_gaps > 1)}", "warn"),), 2))
    if row.unreadable:
        groups.append(Group((Span(f"{row.unreadable} unreadable", "warn"),), 2))
    if not row.history_complete and row.history_from is not None:
        groups.append(Group((Span(f"history since {date_and_time(row.history_from)[:10]}", "dim"),), 7))
    return groups


def is_only_a_file(row: AccountStatusRow) -> bool:
    """True for an account that was imported: nobody follows it, and it owes nobody news."""
    return row.venue is None and not row.streams


def is_dead(row: AccountStatusRow) -> bool:
    """True when an account's figures may no longer be true and must look so."""
    return row.liveness in {"STALE", "OFFLINE"} and not is_only_a_file(row)


def liveness(row: AccountStatusRow) -> Span:
    """Return the mark and word for how alive an account is: ``● LIVE``, ``○ STALE 42s``, ``✖ OFFLINE since 14:01``."""
    if is_only_a_file(row):
        return Span("imported", "dim")
    mark, tone = LIVENESS.get(row.liveness, ("?", "warn"))
    text = f"{mark} {clean_text(row.liveness, 12)}"
    if row.liveness == "DEGRADED" and any(stream.status == "catching-up" for stream in row.streams):
        text = f"{mark} CATCHING UP"
    if row.liveness == "STALE" and row.stale_seconds is not None:
        text += f" {_seconds(row.stale_seconds)}"
    heard = max((s.last_message_at for s in row.streams if s.last_message_at is not None), default=None)
    if row.liveness == "OFFLINE" and heard is not None:
        text += f" since {clock(heard)[:5]}"
    return Span(text, tone)


def _seconds(seconds: int) -> str:
    return f"{seconds}s" if seconds < 600 else age(seconds * SECOND)


def _streams(streams: list[StreamState], now_ns: int, *, short: bool) -> tuple[Span, ...]:
    spans: list[Span] = []
    for stream in streams:
        passed = None if stream.last_message_at is None else now_ns - stream.last_message_at
        tone = STATUS_TONE.get(stream.status, "")
        kind = clean_text(stream.kind)[: 3 if short else 12]
        spans.append(Span(f"{' ' if spans else ''}{kind} ", "dim"))
        spans.append(Span(age(passed), "" if tone == "good" else tone))
    return tuple(spans)


def _several(accounts: tuple[AccountStatusRow, ...], situation: Situation) -> list[Group]:
    if situation.frozen:
        return [_frozen(situation)]
    if not accounts:
        return [Group((Span("no account", "dim"),), 0)]
    alive = sum(row.liveness == "LIVE" for row in accounts)
    worst = _worst(accounts)[0]
    groups = [Group((Span(f"{len(accounts)} accounts", "strong"), Span(f"  {alive} live", "dim")), 0)]
    if worst.liveness != "LIVE":
        groups.append(Group((Span(f"{clean_text(worst.account, 24)} "), liveness(worst)), 0))
    else:
        groups.append(Group((liveness(worst),), 0))
    return groups


def _worst(accounts: tuple[AccountStatusRow, ...]) -> tuple[AccountStatusRow, ...]:
    def rank(row: AccountStatusRow) -> int:
        if is_only_a_file(row):
            return len(_WORST_FIRST)
        return _WORST_FIRST.index(row.liveness) if row.liveness in _WORST_FIRST else -1

    return tuple(sorted(accounts, key=rank))


def _frozen(situation: Situation) -> Group:
    missed = f" {situation.missed} changes not shown" if situation.missed else ""
    return Group((Span("‖ FROZEN", "warn"), Span(missed, "dim")), 0)


def _alerts(screenful: Screenful | None) -> list[Group]:
    """Count the alerts that are firing and that nobody acknowledged, gravest first."""
    rows = screenful.alerts if screenful is not None else ()
    firing = [row.severity for row in rows if isinstance(row, AlertNotice) and row.state == "firing"]
    spans: list[Span] = []
    for severity, sign, word, tone in _COUNTED:
        if severity in firing:
            spans.append(Span(f"{'  ' if spans else ''}{sign} {firing.count(severity)} {word}", tone))
    return [Group(tuple(spans), 1)] if spans else []


def _marks(screenful: Screenful | None, situation: Situation) -> list[Group]:
    groups = _alerts(screenful)
    if situation.privacy != "off":
        groups.append(
            Group((Span("$ amounts hidden" if situation.privacy == "percent" else "$ hidden", "warn"),), 2, right=True)
        )
    if screenful is not None and screenful.attached:
        groups.append(Group((Span("attached", "dim"),), 5, right=True))
    groups.append(Group((Span("read-only ", "dim"), Span("✔", "good")), 6, right=True))
    groups.append(Group((Span(f"{clock(situation.now_ns)} UTC"),), 1, right=True))
    return groups
