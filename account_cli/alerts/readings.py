"""What each rule looks at now: one figure per account and key, or a sentence why it cannot be told.

Made of the same rows that every report prints. A rule that nobody watches costs nothing. An equity that is known
to be "at least" so much can clear a limit, for more of it would be better still, and never breach one: below a limit
it cannot be judged, and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from account_cli.alerts.drawdown import Peak
from account_cli.alerts.named import unknown_name, unknown_names
from account_cli.alerts.reading import Lack, Reading
from account_cli.alerts.settings import Settings
from account_cli.domain.health import Notice
from account_cli.domain.money import ZERO, plain
from account_cli.domain.times import MINUTE, SECOND
from account_cli.reconciliation import Run
from account_cli.reports.accounts import BEAT_LIMIT_NS, POLL_INTERVAL_NS, health_of
from account_cli.reports.arithmetic import exactly, percent
from account_cli.reports.balances import balance_rows
from account_cli.reports.curve import Day
from account_cli.reports.equity import equity_row, liquidation_distance, worth_of
from account_cli.reports.history import HistoryPoint
from account_cli.reports.positions import mark_positions
from account_cli.reports.rows import BalanceRow, EquityRow
from account_cli.reports.valuation import PEGGED, PriceGraph
from account_cli.reports.view import AccountView

TOTAL = "*"
_ONE, _HUNDRED = Decimal(1), Decimal(100)
_NAMED = 5
_STATED_KINDS = ("balances", "positions")
_TOLD_WITHIN_NS = 10 * MINUTE
"""A complaint of the collector's that was not repeated for so long is over."""
_BAD_KEYS = {"rejected": "is refused", "can-trade": "may trade", "can-withdraw": "may withdraw"}
OF_STATED = ("LOW_BALANCE", "HIGH_MARGIN_RATIO", "HIGH_LEVERAGE", "LIQUIDATION_NEAR")
"""Rules about what the exchange states: they are touched by every new statement, the others by time."""
OF_EQUITY = ("HIGH_DRAWDOWN", "PNL_ABOVE", "PNL_BELOW")
"""Rules about what equity came to: by every new statement too, as long as nothing comes from outside or goes there."""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What history says: the drawdown in percent (positive), the day's gain, funding paid; None is not known.

    ``begun`` is False until there is any history: an account that was just added lacks nothing but time.
    """

    drawdown_pct: Decimal | None = None
    day: Day | None = None
    funding_paid: Decimal | None = None
    begun: bool = False
    peak: Peak | None = None
    """As of the last recorded point; with ``base`` it says what the present equity comes to."""
    base: Decimal | None = None
    """What equity would be had the day gained nothing, deposits and withdrawals as of the last recorded point."""

    @exactly
    def going_on(self, account: str, equity: Decimal, currency: str, now_ns: int) -> Past:
        """Return it with the present equity behind the last recorded point; nothing came or went since."""
        pct, day = self.drawdown_pct, self.day
        if self.peak is not None and self.peak.steps:
            now = HistoryPoint(account=account, at_ns=now_ns, currency=currency, equity=equity, flows=self.peak.flows)
            pct = self.peak.after([now]).drawdown_pct
        if day is not None and self.base is not None:
            gain = equity - self.base
            day = msgspec.structs.replace(day, gain=gain, gain_pct=percent(gain, self.base))
        return msgspec.structs.replace(self, drawdown_pct=pct, day=day)


NO_PAST = Past()


class Valued(NamedTuple):
    """What an account is worth by what its exchange states now, and each balance with its value."""

    row: EquityRow
    held: Sequence[BalanceRow]


def valued(
    view: AccountView, *, now_ns: int, currency: str, pegged: Sequence[str], poll_interval_ns: int
) -> Valued | None:
    """Return what the account is worth; None where what its exchange stated is old."""
    live = health_of(view.streams, now_ns=now_ns, poll_interval_ns=poll_interval_ns, kinds=_STATED_KINDS).liveness
    if live in {"STALE", "OFFLINE"} or view.balances is None:
        return None
    graph = PriceGraph(view.prices, now_ns=now_ns, pegged=pegged)
    held = balance_rows(view, graph, currency)
    worth = worth_of(view, graph, held, mark_positions(view, graph), currency, pegged)
    return Valued(equity_row(view.account, worth, currency), held)


@exactly
def readings(
    view: AccountView,
    settings: Settings,
    *,
    now_ns: int,
    currency: str = "USD",
    pegged: Sequence[str] = PEGGED,
    past: Past = NO_PAST,
    poll_interval_ns: int = POLL_INTERVAL_NS,
    only: Collection[str] | None = None,
    worth: Valued | None = None,
) -> list[Reading]:
    """Return what every rule that is watched sees of this account; with ``only`` these.

    ``worth`` is what it is worth, where that is worked out already.
    """
    names = _READERS if only is None else [name for name in _READERS if name in only]
    watched = [name for name in names if settings.watches(name, view.account)]
    found: list[Reading] = []
    if any(name in OF_STATED for name in watched):
        if worth is None:
            worth = valued(view, now_ns=now_ns, currency=currency, pegged=pegged, poll_interval_ns=poll_interval_ns)
        found += _of_equity(view, settings, watched, worth, currency)
    if "HIGH_DRAWDOWN" in watched:
        found.append(_of_past(view, "HIGH_DRAWDOWN", past.drawdown_pct, "equity is {}% below its peak", past))
    gain = None if past.day is None else past.day.gain
    for name in ("PNL_ABOVE", "PNL_BELOW"):
        if name in watched:
            found.append(_of_past(view, name, gain, f"the day has gained {{}} {currency}", past))
    if "FUNDING_COST" in watched:
        found.append(_of_funding(view, past.funding_paid, currency))
    for name, reader in _OTHERS.items():
        if name in watched:
            found += reader(view, now_ns, poll_interval_ns)
    return found if only is not None else found + unknown_names(view, settings)


def unjudged(untold: Sequence[Reading], made: Sequence[Reading]) -> dict[Lack, str]:
    """Return what the rules lack, with what cannot be judged for it and why; not what another rule tells anyway.

    Where nothing was heard of balances or positions STREAM_STALE says so, RECONCILE_FAILED that nothing is compared.
    """
    told: set[Lack] = {"time"}
    known = {(one.rule, one.key) for one in made if one.value is not None}
    if ("STREAM_STALE", "balances") in known or ("STREAM_STALE", "positions") in known:
        told.add("news")
    if ("RECONCILE_FAILED", "") in known:
        told.add("comparison")
    said: dict[Lack, str] = {}
    for lack in dict.fromkeys(one.lacks for one in untold if one.lacks not in told):
        mine = [one for one in untold if one.lacks == lack]
        names = ", ".join(dict.fromkeys(one.rule for one in mine))
        said[lack] = f"cannot be judged: {names}: {'; '.join(dict.fromkeys(one.text for one in mine))}"
    return said


def incomplete(account: str, lack: Lack, seconds: int, text: str) -> Reading:
    """Return the reading of DATA_INCOMPLETE: something has been lacking for so long."""
    return Reading(rule="DATA_INCOMPLETE", account=account, key=lack, value=Decimal(seconds), text=text)


def _of_past(view: AccountView, rule: str, value: Decimal | None, words: str, past: Past) -> Reading:
    if value is not None:
        return Reading(rule=rule, account=view.account, value=value, text=words.format(short(value)))
    if past.begun:
        text = "too little of its history is known"
        return Reading(rule=rule, account=view.account, value=None, text=text, lacks="history")
    text = "no history yet: a point every 30 s once everything is fresh"
    return Reading(rule=rule, account=view.account, value=None, text=text, lacks="time")


def _of_funding(view: AccountView, paid: Decimal | None, currency: str) -> Reading:
    text = "funding of the last 24 hours has no price" if paid is None else f"{short(paid)} {currency} in 24 hours"
    return Reading(rule="FUNDING_COST", account=view.account, value=paid, text=text)


def _of_equity(
    view: AccountView, settings: Settings, watched: Sequence[str], worth: Valued | None, currency: str
) -> Iterator[Reading]:
    """Yield what rests on what the exchange states now, unless that is old."""
    if worth is None:
        text = "balances and positions are not up to date"
        for name in OF_STATED:
            keys = [TOTAL, *settings.assets(name, view.account)] if name == "LOW_BALANCE" else [""]
            for key in keys if name in watched else ():
                yield Reading(rule=name, account=view.account, key=key, value=None, text=text, lacks="news")
        return
    row = worth.row
    if "LOW_BALANCE" in watched:
        yield from _balances(view, row, settings, worth.held, currency)
    if "HIGH_MARGIN_RATIO" in watched:
        yield _ratio(row, "HIGH_MARGIN_RATIO", row.used_margin, row.margin_ratio, "margin used is {} of equity")
    if "HIGH_LEVERAGE" in watched:
        yield _ratio(row, "HIGH_LEVERAGE", row.gross_exposure, row.leverage, "gross exposure is {} × equity")
    if "LIQUIDATION_NEAR" in watched:
        yield from _liquidations(view)


def _balances(
    view: AccountView, row: EquityRow, settings: Settings, held: Sequence[BalanceRow], currency: str
) -> Iterator[Reading]:
    assets = sorted(settings.assets("LOW_BALANCE", view.account))
    least = "at least " if row.partial else ""
    worth = "nothing that is known" if row.equity is None else f"{least}{short(row.equity)} {currency}"
    yield Reading(
        rule="LOW_BALANCE",
        account=view.account,
        key=TOTAL,
        value=row.equity,
        text=f"{view.account} is worth {worth}{_unpriced(row)}",
        may_be_better=row.partial,
    )
    stated = view.balances is not None and view.balances.complete
    totals: dict[str, Decimal] = dict.fromkeys(assets if stated else (), ZERO)
    for one in held:
        if one.asset in assets:
            totals[one.asset] = totals.get(one.asset, ZERO) + one.total
    for asset in [name for name, total in totals.items() if not total]:
        unknown = unknown_name(view, settings, "LOW_BALANCE", asset)
        if unknown is not None:
            del totals[asset]
            yield unknown
    for asset, total in totals.items():
        text = f"{view.account} holds {plain(total)} {asset}"
        yield Reading(rule="LOW_BALANCE", account=view.account, key=asset, value=total, text=text)


def _ratio(row: EquityRow, rule: str, part: Decimal | None, value: Decimal | None, words: str) -> Reading:
    """Return a part of equity: none of it is nothing, however little equity there is."""
    if row.equity is not None and part == 0:
        return Reading(rule=rule, account=row.account, value=ZERO, text=words.format("0"))
    if row.equity is not None and row.equity <= 0 and part:
        value, text = _HUNDRED, "equity is zero or less, with open exposure"
    elif value is None:
        text = "margin or equity is not known"
    else:
        text = words.format(f"{'at most ' if row.partial else ''}{short(value)}")
    return Reading(
        rule=rule, account=row.account, value=value, text=f"{text}{_unpriced(row)}", may_be_better=row.partial
    )


def _unpriced(row: EquityRow) -> str:
    """Say what lies outside a sum that is only "at least" so much."""
    if not row.partial:
        return ""
    some = ", ".join(row.unpriced[:_NAMED]) + (" and others" if len(row.unpriced) > _NAMED else "")
    have = "has" if len(row.unpriced) == 1 else "have"
    return f", without {some}, which {have} no price" if some else ", without a part of unknown price or cost"


def _liquidations(view: AccountView) -> Iterator[Reading]:
    for stated in view.positions.rows if view.positions is not None else ():
        if not stated.quantity:
            continue
        sampled = view.prices.get(stated.symbol)
        distance = liquidation_distance(stated, stated.mark_price if sampled is None else sampled.price)
        if distance is None:
            continue  # an exchange that states no liquidation price has none to be near
        text = f"{stated.symbol} is liquidated when its mark moves {short(distance)}%"
        yield Reading(rule="LIQUIDATION_NEAR", account=view.account, key=stated.symbol, value=distance, text=text)


def _drift(rule: str, kind: str, view: AccountView) -> Iterator[Reading]:
    run: Run | None = view.reconciled
    if run is not None and run.missing:
        text = f"not compared: {run.missing[0]}"
        yield Reading(rule=rule, account=view.account, value=None, text=text, lacks="comparison")
    for item in run.items if run is not None else ():
        if item.kind != kind or item.state not in {"unexplained", "explained"}:
            continue
        amount = abs(item.difference) if item.difference is not None and item.is_break else ZERO
        share = percent(amount, item.exchange) if item.exchange else (_HUNDRED if amount else ZERO)
        ledger = "nothing" if item.local is None else plain(item.local)
        stated = "nothing" if item.exchange is None else plain(item.exchange)
        text = f"{item.what}: ledger {ledger}, exchange {stated}"
        yield Reading(rule=rule, account=view.account, key=item.key, value=share, text=text, amount=amount)


def _balance_drift(view: AccountView, _now_ns: int, _poll_ns: int) -> Iterator[Reading]:
    return _drift("BALANCE_DRIFT", "balance", view)


def _position_drift(view: AccountView, _now_ns: int, _poll_ns: int) -> Iterator[Reading]:
    return _drift("POSITION_DRIFT", "position", view)


def _silence(view: AccountView, now_ns: int, poll_ns: int) -> Iterator[Reading]:
    """Yield how long each kind was silent; one that is asked for is not silent between two answers.

    Of each is said which others were silent at least half as long: what falls silent together is one message.
    """
    silent: dict[str, int] = {}
    for row in view.streams:
        if row.strategy == "off" or row.last_message_ns is None:
            continue
        if abs(now_ns - row.beat_ns) > BEAT_LIMIT_NS:
            text = f"nobody follows {row.kind}"
            yield Reading(rule="STREAM_STALE", account=view.account, key=row.kind, value=None, text=text, lacks="news")
            continue
        grace = 0 if row.strategy == "stream" else poll_ns * 5 // 2
        silent[row.kind] = max(now_ns - row.last_message_ns - grace, 0) // SECOND
    for kind, seconds in silent.items():
        with_it = ", ".join(other for other, its in silent.items() if 2 * its >= seconds)
        text = f"nothing was heard of {with_it}"
        yield Reading(rule="STREAM_STALE", account=view.account, key=kind, value=Decimal(seconds), text=text)


def _uncompared(view: AccountView, now_ns: int, poll_ns: int) -> Iterator[Reading]:
    """Yield for how long nothing was compared: with what the exchange stated before it fell silent is not compared."""
    if view.reconciled is None or view.compared_ns is None:
        return
    since, why = view.compared_ns, "it was compared"
    if view.reconciled.missing:
        why = f"not compared: {view.reconciled.missing[0]}"
        for _, run in view.runs:
            if not run.missing:
                break
            since = run.at_ns
    rows = [row for row in view.streams if row.kind in _STATED_KINDS and row.strategy != "off"]
    heard = [row.last_message_ns for row in rows if row.last_message_ns is not None]
    health = health_of(rows, now_ns=now_ns, poll_interval_ns=poll_ns)
    if heard and health.liveness in {"STALE", "OFFLINE"} and min(heard) < since:
        since, why = min(heard), "not compared: nothing was heard of what the exchange holds"
    seconds = (now_ns - since) // SECOND
    yield Reading(rule="RECONCILE_FAILED", account=view.account, value=Decimal(max(seconds, 0)), text=why)


def _key(view: AccountView, _now_ns: int, _poll_ns: int) -> Iterator[Reading]:
    wrong = None if view.key is None else _BAD_KEYS.get(view.key)
    text = f"the key of {view.account} {wrong or 'is as it should be'}"
    yield Reading(rule="KEY_PROBLEM", account=view.account, value=_ONE if wrong else ZERO, text=text)


def _complained(rule: str, code: str, view: AccountView, now_ns: int) -> Reading:
    told: Notice | None = next((one for one in view.notices if one.code == code), None)
    on = told is not None and now_ns - told.at_ns < _TOLD_WITHIN_NS
    text = told.text if told is not None and on else "nothing was complained of"
    return Reading(rule=rule, account=view.account, value=_ONE if on else ZERO, text=text)


def _clock(view: AccountView, now_ns: int, _poll_ns: int) -> Iterator[Reading]:
    yield _complained("CLOCK_SKEW", "clock", view, now_ns)


def _limited(view: AccountView, now_ns: int, _poll_ns: int) -> Iterator[Reading]:
    yield _complained("RATE_LIMITED", "rate-limited", view, now_ns)


_OTHERS = {
    "BALANCE_DRIFT": _balance_drift,
    "POSITION_DRIFT": _position_drift,
    "STREAM_STALE": _silence,
    "RECONCILE_FAILED": _uncompared,
    "KEY_PROBLEM": _key,
    "CLOCK_SKEW": _clock,
    "RATE_LIMITED": _limited,
}
_READERS = (*OF_STATED, "HIGH_DRAWDOWN", "PNL_ABOVE", "PNL_BELOW", "FUNDING_COST", *_OTHERS)


def down(account: str, silent_ns: int) -> Reading:
    """Return the reading of COLLECTOR_DOWN for an account that nobody has collected for so long."""
    text = f"nobody collects {account}"
    return Reading(rule="COLLECTOR_DOWN", account=account, value=Decimal(silent_ns // SECOND), text=text)


def short(value: Decimal) -> str:
    """Write a figure with as many digits as a person reads."""
    rounded = round(value, 2) if abs(value) >= 1 else round(value, 4)
    return plain(rounded)
