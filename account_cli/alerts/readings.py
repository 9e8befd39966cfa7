"""What each rule looks at now: one figure per account and key, or a sentence why it cannot be told.

Made of the same rows that every report prints. A rule that nobody watches costs nothing. An equity that is known
to be "at least" so much can clear a limit, for more of it would be better still, and never breach one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from account_cli.alerts.settings import Settings
from account_cli.domain.health import Notice
from account_cli.domain.money import ZERO, plain
from account_cli.domain.times import MINUTE, SECOND
from account_cli.ledger import performance
from account_cli.ledger.performance import EquityPoint
from account_cli.reconciliation import Run
from account_cli.reports.accounts import BEAT_LIMIT_NS, POLL_INTERVAL_NS, health_of
from account_cli.reports.arithmetic import exactly, percent, settle_digits
from account_cli.reports.balances import balance_rows
from account_cli.reports.curve import Day
from account_cli.reports.equity import equity, liquidation_distance
from account_cli.reports.history import HistoryPoint
from account_cli.reports.rows import EquityRow
from account_cli.reports.valuation import PEGGED, PriceGraph
from account_cli.reports.view import AccountView

TOTAL = "*"
_ONE, _HUNDRED = Decimal(1), Decimal(100)
_TOLD_WITHIN_NS = 10 * MINUTE
"""A complaint of the collector's that was not repeated for so long is over."""
_BAD_KEYS = {"rejected": "is refused", "can-trade": "may trade", "can-withdraw": "may withdraw"}
_OF_LIVE = ("LOW_BALANCE", "HIGH_MARGIN_RATIO", "HIGH_LEVERAGE", "LIQUIDATION_NEAR")


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as a rule sees it; ``value`` None cannot be told, and ``text`` says why.

    ``may_be_better``: what is not known can only make it better. ``amount`` is how much a drift is, where
    ``value`` is its percentage.
    """

    rule: str
    account: str
    key: str = ""
    value: Decimal | None
    text: str
    may_be_better: bool = False
    amount: Decimal | None = None


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What history says: the drawdown in percent (positive), the day's gain, funding paid; None is not known."""

    drawdown_pct: Decimal | None = None
    day: Day | None = None
    funding_paid: Decimal | None = None


NO_PAST = Past()


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
) -> list[Reading]:
    """Return what every rule that is watched sees of this account."""
    watched = [name for name in _READERS if settings.watches(name, view.account)]
    found: list[Reading] = []
    if any(name in _OF_LIVE for name in watched):
        found += _of_equity(view, settings, watched, now_ns, currency, pegged, poll_interval_ns)
    if "HIGH_DRAWDOWN" in watched:
        found.append(_of_past(view, "HIGH_DRAWDOWN", past.drawdown_pct, "equity is {}% below its peak"))
    gain = None if past.day is None else past.day.gain
    for name in ("PNL_ABOVE", "PNL_BELOW"):
        if name in watched:
            found.append(_of_past(view, name, gain, f"the day has gained {{}} {currency}"))
    if "FUNDING_COST" in watched:
        found.append(_of_past(view, "FUNDING_COST", past.funding_paid, f"{{}} {currency} of funding in 24 hours"))
    for name, reader in _OTHERS.items():
        if name in watched:
            found += reader(view, now_ns, poll_interval_ns)
    return found


def incomplete(view: AccountView, untold: Sequence[Reading], seconds: int) -> Reading:
    """Return the reading of DATA_INCOMPLETE: which rules could not tell for so long, and why."""
    rules = ", ".join(dict.fromkeys(one.rule for one in untold))
    why = "; ".join(dict.fromkeys(one.text for one in untold))
    text = f"cannot tell {rules}: {why}" if untold else "every rule can tell"
    return Reading(rule="DATA_INCOMPLETE", account=view.account, value=Decimal(seconds), text=text)


def _of_past(view: AccountView, rule: str, value: Decimal | None, words: str) -> Reading:
    text = "no history is known for it" if value is None else words.format(short(value))
    return Reading(rule=rule, account=view.account, value=value, text=text)


def _of_equity(
    view: AccountView,
    settings: Settings,
    watched: Sequence[str],
    now_ns: int,
    currency: str,
    pegged: Sequence[str],
    poll_interval_ns: int,
) -> Iterator[Reading]:
    """Yield what rests on what the exchange states now, unless that is old."""
    kinds = ("balances", "positions")
    live = health_of(view.streams, now_ns=now_ns, poll_interval_ns=poll_interval_ns, kinds=kinds).liveness
    old = live in {"STALE", "OFFLINE"} or view.balances is None
    if old:
        for name in _OF_LIVE:
            if name in watched:
                text = "data incomplete: balances and positions are not up to date"
                yield Reading(rule=name, account=view.account, key=_first_key(name), value=None, text=text)
        return
    row = equity([view], now_ns=now_ns, currency=currency, pegged=pegged).items[0]
    if "LOW_BALANCE" in watched:
        yield from _balances(view, row, settings.assets("LOW_BALANCE", view.account), now_ns, currency, pegged)
    if "HIGH_MARGIN_RATIO" in watched:
        yield _ratio(row, "HIGH_MARGIN_RATIO", row.used_margin, row.margin_ratio, "margin used is {} of equity")
    if "HIGH_LEVERAGE" in watched:
        yield _ratio(row, "HIGH_LEVERAGE", row.gross_exposure, row.leverage, "gross exposure is {} × equity")
    if "LIQUIDATION_NEAR" in watched:
        yield from _liquidations(view)


def _first_key(rule: str) -> str:
    return TOTAL if rule == "LOW_BALANCE" else ""


def _balances(
    view: AccountView, row: EquityRow, assets: Collection[str], now_ns: int, currency: str, pegged: Sequence[str]
) -> Iterator[Reading]:
    worth = "is worth nothing that is known" if row.equity is None else f"is worth {short(row.equity)} {currency}"
    yield Reading(
        rule="LOW_BALANCE",
        account=view.account,
        key=TOTAL,
        value=row.equity,
        text=f"{view.account} {worth}",
        may_be_better=row.partial,
    )
    stated = view.balances is not None and view.balances.complete
    totals: dict[str, Decimal] = dict.fromkeys(assets if stated else (), ZERO)
    graph = PriceGraph(view.prices, now_ns=now_ns, pegged=pegged)
    for one in balance_rows(view, graph, currency):
        totals[one.asset] = totals.get(one.asset, ZERO) + one.total
    for asset, total in totals.items():
        text = f"{view.account} holds {plain(total)} {asset}"
        yield Reading(rule="LOW_BALANCE", account=view.account, key=asset, value=total, text=text)


def _ratio(row: EquityRow, rule: str, part: Decimal | None, value: Decimal | None, words: str) -> Reading:
    """Return a part of equity: none of it is nothing, however little equity there is."""
    if row.equity is not None and part == 0:
        return Reading(rule=rule, account=row.account, value=ZERO, text=words.format("0"))
    if row.equity is not None and row.equity <= 0 and part:
        text = "equity is zero or less, with open exposure"
        return Reading(rule=rule, account=row.account, value=_HUNDRED, text=text, may_be_better=row.partial)
    if value is None:
        return Reading(
            rule=rule, account=row.account, value=None, text="data incomplete: margin or equity is not known"
        )
    text = words.format(short(value))
    return Reading(rule=rule, account=row.account, value=value, text=text, may_be_better=row.partial)


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
        yield Reading(rule=rule, account=view.account, value=None, text=f"not compared: {run.missing[0]}")
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
    """Yield how long each kind was silent; one that is asked for is not silent between two answers."""
    for row in view.streams:
        if row.strategy == "off" or row.last_message_ns is None:
            continue
        if abs(now_ns - row.beat_ns) > BEAT_LIMIT_NS:
            text = f"nobody follows {row.kind}"
            yield Reading(rule="STREAM_STALE", account=view.account, key=row.kind, value=None, text=text)
            continue
        grace = 0 if row.strategy == "stream" else poll_ns * 5 // 2
        seconds = max(now_ns - row.last_message_ns - grace, 0) // SECOND
        text = f"nothing was heard of {row.kind}"
        yield Reading(rule="STREAM_STALE", account=view.account, key=row.kind, value=Decimal(seconds), text=text)


def _uncompared(view: AccountView, now_ns: int, _poll_ns: int) -> Iterator[Reading]:
    if view.reconciled is None or view.compared_ns is None:
        return
    failed = [run for _, run in view.runs]
    since = view.compared_ns
    for run in failed:
        if not run.missing:
            break
        since = run.at_ns
    missing = view.reconciled.missing
    seconds = (now_ns - (since if missing else view.compared_ns)) // SECOND
    why = missing[0] if missing else "it was compared"
    yield Reading(
        rule="RECONCILE_FAILED", account=view.account, value=Decimal(max(seconds, 0)), text=f"not compared: {why}"
    )


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
_READERS = (*_OF_LIVE, "HIGH_DRAWDOWN", "PNL_ABOVE", "PNL_BELOW", "FUNDING_COST", *_OTHERS)


def down(account: str, silent_ns: int) -> Reading:
    """Return the reading of COLLECTOR_DOWN for an account that nobody has collected for so long."""
    text = f"nobody collects {account}"
    return Reading(rule="COLLECTOR_DOWN", account=account, value=Decimal(silent_ns // SECOND), text=text)


@exactly
def drawdown_pct(points: Sequence[HistoryPoint], now: tuple[int, Decimal, Decimal] | None = None) -> Decimal | None:
    """Return by how many percent the time-weighted index is below its peak; zero or more, None where nothing is known.

    ``now`` is the present time, equity and flows so far, where they are known.
    """
    known = [(one.at_ns, one.equity, one.flows) for one in points if one.equity is not None and one.flows is not None]
    if now is not None:
        known.append(now)
    if len(known) < 2:
        return None
    steps = [ZERO, *(after[2] - before[2] for before, after in pairwise(known))]
    chain = [EquityPoint(time_ns=at, equity=e, flow=f) for (at, e, _), f in zip(known, steps, strict=True)]
    return settle_digits(-performance.drawdown(performance.time_weighted(chain).returns) * _HUNDRED)


def short(value: Decimal) -> str:
    """Write a figure with as many digits as a person reads."""
    rounded = round(value, 2) if abs(value) >= 1 else round(value, 4)
    return plain(rounded)
