"""Reads a story: events and what must follow from them, one a line, as an accountant would write them.

    buy 1 BTC/USD @ 100 fee 1 USD fee 0.01 BNB     sell, the same; then key=value: margin=yes contracts=3 size=100
                                                   settle=BTC inverse=yes position_side=long leverage=5 id=T7 type=adl
    deposit 1 BTC | withdraw 1 BTC fee 0.1 BTC | opening 1 BTC cost 30000 USD | opening 2 BTC/USDT:USDT cost 100 USDT
    funding -1 USDT BTC/USDT:USDT | interest -1 USDT | reward 1 ETH | rebate 1 USDT | charge 1 USDT | borrow 1 BTC
    settlement 5 USDT BTC/USDT:USDT | adjust 1 BTC reason | convert 1000 SHIB to 0.01 BNB fee 0.001 BNB
    price BNB 300 USD        from here on, until the next one      cost L1 30000 USD      of the opening with id=L1
    policy zero              for unknown cost                       at 2024-01-01T00:00:00Z   (else one second a line)
    equity 1 2200 1100       on day 1 equity was 2200, of which 1100 flowed in      returns 0.01 -0.02 …
    same                     the next fact happens in the instant of the one before, ordered by seq

    expect METHOD[,METHOD…]|all WHAT…          of what stands above it
        gains SYMBOL g g g             realised by each trade that closed, in order
        SYMBOL key=value …             figures of the position or its history
        unrealized SYMBOL MARK value   balance WALLET ASSET value    lot ID key=value    issue CODE[:ABOUT]
        statistic key=value …          over all closings              trips g g g          round trips
        performance key=value …        of the equity, or of the returns: total, money_weighted (a day), sharpe, …
        match key=value …              the pieces of the last closing: lot=T1,T2 cost=1,2

A line that starts with ``#`` is a comment; ``restart`` begins a new history in the same file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from typing import Literal, cast

from account_cli.domain.events import (
    Adjustment,
    Amount,
    Borrowed,
    Converted,
    CostGiven,
    Event,
    FeePaid,
    Fill,
    FundingPaid,
    InterestPaid,
    Opening,
    PriceQuoted,
    RebateReceived,
    RewardReceived,
    Settled,
    TransferArrived,
)
from account_cli.domain.instruments import Instrument
from account_cli.domain.money import MONEY
from account_cli.domain.times import DAY, SECOND, parse_time
from account_cli.ledger import Closing, LedgerState, empty, fold
from account_cli.ledger.performance import (
    EquityPoint,
    compound,
    max_drawdown,
    money_weighted,
    per_year,
    sharpe,
    sortino,
    time_weighted,
    volatility,
)
from account_cli.ledger.state import MethodName, Policy
from account_cli.ledger.statistics import gains, round_trips, statistics

ALL: tuple[MethodName, ...] = ("average", "fifo", "lifo", "hifo")


class Book:
    """Prices a story states: each holds until the next of its pair."""

    def __init__(self) -> None:
        self.prices: list[PriceQuoted] = []

    def instrument(self, symbol: str) -> Instrument | None:
        return None

    def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> PriceQuoted | None:
        near = [p for p in self.prices if p.asset == asset and p.currency == currency and p.time_ns <= time_ns]
        return near[-1] if near else None


@dataclass
class Story:
    """One history, and the expectations: line number, how many events stand above it, words."""

    events: list[Event] = field(default_factory=list)
    book: Book = field(default_factory=Book)
    policy: Policy = "exclude"
    expectations: list[tuple[int, int, list[str]]] = field(default_factory=list)
    equity: list[EquityPoint] = field(default_factory=list)
    returns: list[Decimal] = field(default_factory=list)
    time_ns: int = 0
    seq: int | None = None


def read(text: str) -> list[Story]:
    stories = [Story()]
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if words == ["restart"]:
            stories.append(Story())
        elif words:
            _line(stories[-1], number, words)
    return stories


def _line(story: Story, number: int, words: list[str]) -> None:
    verb, rest = words[0], words[1:]
    if verb == "expect":
        story.expectations.append((number, len(story.events), rest))
    elif verb == "policy":
        story.policy = cast(Policy, rest[0])
    elif verb == "at":
        story.time_ns = parse_time(rest[0]) - SECOND
    elif verb == "same":
        story.seq = 2 if story.seq is None else story.seq + 1
        story.time_ns -= SECOND
    elif verb == "returns":
        story.returns = [Decimal(word) for word in rest]
    elif verb == "equity":
        day, equity, *flow = rest
        point = EquityPoint(time_ns=int(day) * DAY, equity=Decimal(equity), flow=Decimal(flow[0] if flow else "0"))
        story.equity.append(point)
    elif verb == "price":
        story.book.prices.append(
            PriceQuoted(
                time_ns=story.time_ns + 1, asset=rest[0], price=Decimal(rest[1]), currency=rest[2], source="story"
            )
        )
    else:
        story.time_ns += SECOND
        story.events.append(_event(story, verb, rest, f"L{number}"))


def _event(story: Story, verb: str, words: list[str], name: str) -> Event:
    options = dict(word.split("=", 1) for word in words if "=" in word)
    words = [word for word in words if "=" not in word]
    fees = tuple(Amount(words[i + 2], Decimal(words[i + 1])) for i, word in enumerate(words) if word == "fee")
    cost = next(((Decimal(words[i + 1]), words[i + 2]) for i, w in enumerate(words) if w == "cost"), None)
    base = {
        "account": "main", "id": options.pop("id", name), "time_ns": story.time_ns, "seq": story.seq,
        "wallet": options.pop("wallet", "spot"),
    }  # fmt: skip
    if verb in {"buy", "sell"}:
        return _fill(verb, words, fees, options, base)
    amount, what = (Decimal(words[0]), words[1]) if verb != "cost" else (Decimal(words[1]), words[2])
    symbol = {"symbol": words[2]} if len(words) > 2 and "/" in words[2] else {}
    match verb:
        case "deposit" | "withdraw":
            kind: Literal["deposit", "withdrawal"] = "deposit" if verb == "deposit" else "withdrawal"
            signed = amount if verb == "deposit" else -amount
            return TransferArrived(**base, asset=what, amount=signed, type=kind, fee=fees[0] if fees else None)  # type: ignore[arg-type]
        case "move":
            return TransferArrived(**base, asset=what, amount=amount, type="internal", **options)  # type: ignore[arg-type]
        case "opening":
            ccy = cost[1] if cost else None
            where = {"symbol": what} if ":" in what else {}
            asset = what.rpartition(":")[2] if ":" in what else what
            return Opening(**base, asset=asset, amount=amount, cost=cost[0] if cost else None, cost_asset=ccy, **where)  # type: ignore[arg-type]
        case "funding":
            return FundingPaid(**base, asset=what, amount=amount, symbol=words[2])  # type: ignore[arg-type]
        case "interest":
            return InterestPaid(**base, asset=what, amount=amount)  # type: ignore[arg-type]
        case "reward":
            return RewardReceived(**base, asset=what, amount=amount)  # type: ignore[arg-type]
        case "rebate":
            return RebateReceived(**base, asset=what, amount=amount, **symbol)  # type: ignore[arg-type]
        case "charge":
            return FeePaid(**base, asset=what, amount=-amount, **symbol)  # type: ignore[arg-type]
        case "borrow":
            return Borrowed(**base, asset=what, amount=amount)  # type: ignore[arg-type]
        case "settlement":
            return Settled(**base, asset=what, amount=amount, **symbol)  # type: ignore[arg-type]
        case "adjust":
            return Adjustment(**base, asset=what, amount=amount, reason="a story", **symbol, **options)  # type: ignore[arg-type]
        case "convert":
            got = Amount(words[4], Decimal(words[3]))
            return Converted(**base, from_=Amount(what, amount), to=got, fees=fees)  # type: ignore[arg-type]
        case "cost":
            return CostGiven(**base, lot=f"spot|opening|{words[0]}", cost=amount, cost_asset=what)  # type: ignore[arg-type]
    raise ValueError(f"no such line: {verb}")


def _fill(
    verb: str, words: list[str], fees: tuple[Amount, ...], options: dict[str, str], base: dict[str, object]
) -> Fill:
    yes = {key: options.pop(key) == "yes" for key in ("margin", "inverse") if key in options}
    numbers = {
        name: Decimal(options.pop(key))
        for key, name in (("contracts", "contracts"), ("size", "contract_size"), ("leverage", "leverage"))
        if key in options
    }
    told: tuple[Amount, ...] | None = None if options.pop("fees", "") == "unknown" else fees
    return Fill(**base, order_id="O", symbol=words[1], side=verb, price=Decimal(words[3]), fees=told,  # type: ignore[arg-type]
                quantity=None if words[0] == "-" else Decimal(words[0]), **yes, **numbers, **options)  # type: ignore[arg-type]  # fmt: skip


def check(story: Story) -> Iterator[str]:
    """Yield what was checked; raise ``AssertionError`` with the line number for what does not hold."""
    for number, so_far, (methods, *words) in story.expectations:
        for method in ALL if methods == "all" else cast(list[MethodName], methods.split(",")):
            state, closings = fold(empty("main", method, story.policy), story.events[:so_far], story.book)
            with localcontext(MONEY):
                for expected, found in _compare(words, state, closings, story):
                    assert expected == found, f"line {number}, {method}: {' '.join(words)}: found {found}"
            yield f"{number} {method}"


Pair = tuple[object, object]


def _compare(words: list[str], state: LedgerState, closings: list[Closing], story: Story) -> Iterator[Pair]:
    kind, rest = words[0], words[1:]
    if kind == "gains":
        trades = [c for c in closings if c.symbol == rest[0]]
        yield [Decimal(word) for word in rest[1:]], [c.realized_pnl for c in trades]
    elif kind == "unrealized":
        figures = next(p for p in state.totals() if p.symbol == rest[0])
        yield Decimal(rest[2]), figures.unrealized(Decimal(rest[1]))
    elif kind == "balance":
        yield Decimal(rest[2]), state.balances()[rest[0], rest[1]]
    elif kind == "lot":
        lot = next(row for row in state.lots() if row.lot == rest[0])
        yield from _fields(rest[1:], lot)
    elif kind == "issue":
        yield rest[0], next((i.id for i in state.issues() if rest[0] in {i.id, i.code}), None) and rest[0]
    elif kind == "performance":
        yield from _fields(rest, Performance(story))
    elif kind == "statistic":
        yield from _fields(rest, statistics(gains(closings)))
    elif kind == "trips":
        yield [Decimal(word) for word in rest], [trip.gain for trip in round_trips(closings)]
    elif kind == "match":
        for word in rest:
            key, value = word.split("=")
            found = [getattr(match, key) for match in closings[-1].matches]
            yield value.split(",") if key == "lot" else [Decimal(v) for v in value.split(",")], found
    else:
        rows = [p for p in state.totals() if p.symbol == kind]
        side = next((word for word in rest if word.startswith("position_side=")), None)
        figures = next(p for p in rows if side is None or p.position_side == side.split("=")[1])
        yield from _fields(rest, figures)


class Performance:
    """What a story's equity or returns came to, each figure under its name."""

    def __init__(self, story: Story) -> None:
        returns = story.returns or list(time_weighted(story.equity).returns)
        self.total, self.max_drawdown = compound(returns), max_drawdown(returns)
        self.money_weighted = money_weighted(story.equity, period_ns=DAY).rate
        self.sharpe, self.sortino = sharpe(returns).value, sortino(returns).value
        self.volatility, self.per_year = volatility(returns).value, per_year(returns)
        days = statistics(returns)
        self.profit_factor, self.win_rate = days.profit_factor, days.win_rate


def _fields(words: list[str], row: object) -> Iterator[Pair]:
    for word in words:
        key, value = word.split("=")
        found = getattr(row, key)
        if value == "none":
            yield None, found
        elif isinstance(found, (Decimal, int)):
            digits = len(value.partition(".")[2]) if value.endswith("…") else None
            rounded = round(Decimal(found), digits - 1) if digits else found
            yield Decimal(value.rstrip("…")), rounded
        else:
            yield value, found
