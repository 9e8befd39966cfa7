"""A Screenful as two exchange accounts would give it, and sources that serve it still, changing, or wild."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import msgspec

from account_cli.domain.times import DAY, HOUR, MINUTE, SECOND, parse_time
from account_cli.reports.ledger_rows import PerformanceRow, StatRow
from account_cli.reports.proof import MovedRow, MovementRow, ProofRow
from account_cli.reports.reconcile_rows import Interval, ReconcileRow, RunRow
from account_cli.reports.rows import (
    AccountStatusRow,
    AlertNotice,
    BalanceRow,
    EquityPointRow,
    EquityRow,
    FeeRow,
    Figures,
    FillRow,
    NoticeRow,
    OrderRow,
    PositionRow,
    Screenful,
    StreamState,
)

NOW = parse_time("2026-11-20T14:03:27Z")


def account(name: str = "kraken", /, **changes: Any) -> AccountStatusRow:
    kinds = ("balances", "orders", "fills", "positions", "transfers")
    status = {
        kind: StreamState(
            kind=kind,
            strategy="off" if kind == "positions" else "poll" if kind == "transfers" else "stream",
            status="polling" if kind == "transfers" else "live",
            last_message_at=None if kind == "positions" else NOW - (n * n + 1) * SECOND,
        )
        for n, kind in enumerate(kinds)
    }
    row = AccountStatusRow(
        account=name,
        venue="kraken",
        user="main",
        strategy="PARTIAL_WEBSOCKET",
        liveness="LIVE",
        stale_seconds=None,
        streams=tuple(status.values()),
        facts=1234,
        history_from=NOW - 400 * DAY,
        history_complete=True,
    )
    return msgspec.structs.replace(row, **changes)


def position(symbol: str, quantity: str, entry: str | None, mark: str | None, /, **changes: Any) -> PositionRow:
    size = Decimal(quantity)
    value = None if mark is None else (size * Decimal(mark)).quantize(Decimal("0.01"))
    cost = None if entry is None else (size * Decimal(entry)).quantize(Decimal("0.01"))
    gain = None if value is None or cost is None else value - cost
    row = PositionRow(
        account="kraken",
        symbol=symbol,
        side="long" if size > 0 else "short",
        quantity=size,
        entry_price=None if entry is None else Decimal(entry),
        mark_price=None if mark is None else Decimal(mark),
        cost=cost,
        market_value=value,
        unrealized_pnl=gain,
        unrealized_pnl_pct=None if gain is None or not cost else gain / abs(cost) * 100,
        realized_pnl=Decimal("12.345678"),
        fees=Decimal("4.27"),
        funding=Decimal("-0.61"),
        updated_at=NOW - 3 * SECOND,
        mark_at=NOW - 2 * SECOND,
        currency="USD",
    )
    return msgspec.structs.replace(row, **changes)


def balance(asset: str, total: str, used: str = "0", price: str | None = "1", /, **changes: Any) -> BalanceRow:
    row = BalanceRow(
        account="kraken",
        wallet="spot",
        asset=asset,
        free=Decimal(total) - Decimal(used),
        used=Decimal(used),
        total=Decimal(total),
        value=None if price is None else (Decimal(total) * Decimal(price)).quantize(Decimal("0.01")),
        currency="USD",
        price=None if price is None else Decimal(price),
        price_source=None if price is None else f"{asset}/USD",
        price_at=None if price is None else NOW - 2 * SECOND,
        source="observed",
        updated_at=NOW - 4 * SECOND,
    )
    return msgspec.structs.replace(row, **changes)


def order(number: int, symbol: str, side: str, quantity: str, price: str | None, /, **changes: Any) -> OrderRow:
    row = OrderRow(
        account="kraken",
        id=f"OABCDE-{number:05d}-XYZ",
        client_id=None,
        symbol=symbol,
        type="limit" if price else "market",
        side=side,
        price=None if price is None else Decimal(price),
        quantity=Decimal(quantity),
        filled=Decimal(quantity) / 4 if number % 2 else Decimal(0),
        average=None,
        status="open",
        created_at=NOW - number * number * 47 * SECOND,
        updated_at=NOW - 5 * SECOND,
    )
    return msgspec.structs.replace(row, **changes)


def fill(number: int, symbol: str, side: str, quantity: str, price: str, pnl: str | None, /, **changes: Any) -> FillRow:
    row = FillRow(
        account="kraken",
        id=f"T{number:06d}",
        order_id=f"O{number // 3:06d}",
        time=NOW - number * number * 61 * SECOND,
        seq=None,
        symbol=symbol,
        side=side,
        price=Decimal(price),
        quantity=Decimal(quantity),
        fees=(FeeRow("USD", (Decimal(quantity) * Decimal(price) * Decimal("0.0026")).quantize(Decimal("0.0001"))),),
        liquidity="maker" if number % 3 else "taker",
        realized_pnl=None if pnl is None else Decimal(pnl),
        roi_pct=None if pnl is None else Decimal(pnl) / 10,
    )
    return msgspec.structs.replace(row, **changes)


def notice(minutes: int, severity: str, code: str, text: str, name: str = "kraken") -> NoticeRow:
    return NoticeRow(account=name, time=NOW - minutes * MINUTE, severity=severity, code=code, text=text)


def alert(
    number: int, minutes: int, severity: str, code: str, key: str | None, state: str, text: str, /, **changes: Any
) -> AlertNotice:
    row = AlertNotice(
        account="kraken",
        time=NOW - minutes * MINUTE,
        severity=severity,
        code=code,
        text=text,
        id=number,
        key=key,
        state=state,
        value=Decimal("0.8125"),
        threshold=Decimal("0.8"),
        unit="ratio",
        changed_at=NOW - minutes * MINUTE // 2,
        told=1,
        why="margin used is a greater part of equity than its threshold",
    )
    return msgspec.structs.replace(row, **changes)


FIGURES = Figures(
    currency="USD",
    equity=Decimal("128402.1123"),
    equity_is_partial=False,
    day_change=Decimal("1204.55"),
    day_change_pct=Decimal("0.9470"),
    unrealized_pnl=Decimal("393.44"),
    realized_pnl=Decimal("892.15"),
    fees=Decimal("41.07"),
    funding=Decimal("-6.12"),
    price_age_seconds=2,
)

POSITIONS = (
    position("BTC/USD", "0.42", "91200", "91950.5"),
    position("SOL/USD", "60", "188.2", "191.02"),
    position("XRP/USD", "2500", "1.04", "1.031", unknown_cost_quantity=Decimal("500")),
    position(
        "ETH/USDT:USDT",
        "-4.1",
        "3105.2",
        "3121.9",
        leverage=Decimal(3),
        margin=Decimal("4266.59"),
        liquidation_price=Decimal("4020.15"),
        currency="USDT",
    ),
    position("SHIB/USD", "12500000.5", None, "0.00001234"),
)
BALANCES = (
    balance("USD", "61204.0218", "18600"),
    balance("BTC", "0.31", "0", "91950.5"),
    balance("SOL", "60", "30", "191.02"),
    balance("XRP", "2500", "0", "1.031"),
    balance("USDT", "4266.59", "1200.5", "0.9998", wallet="futures"),
    balance("KFEE", "8123.55", "0", None),
)
ORDERS = (
    order(13, "BTC/USD", "sell", "0.2", "93000"),
    order(4, "ETH/USDT:USDT", "buy", "4.1", "3180.25"),
    order(1, "SOL/USD", "sell", "30", "201.5"),
)
FILLS = (
    fill(1, "BTC/USD", "sell", "0.01", "91902", "1.4"),
    fill(2, "BTC/USD", "sell", "0.0125", "91901.5", "4.4"),
    fill(
        3, "ETH/USDT:USDT", "sell", "1", "3121.4", "-7.6", settle="USDT", contracts=Decimal(1), contract_size=Decimal(1)
    ),
    fill(4, "SOL/USD", "buy", "10", "190.88", None),
    fill(5, "SHIB/USD", "buy", "1250000", "0.00001231", None, fees=None),
    fill(60, "XRP/USD", "buy", "2500", "1.04", None, fees=()),
)
ALERTS = (
    alert(41, 2, "critical", "HIGH_MARGIN_RATIO", None, "firing", "margin used is 0.8125 of equity"),
    alert(
        40,
        9,
        "warning",
        "LOW_BALANCE",
        "BTC",
        "acknowledged",
        "kraken holds 0.31 BTC",
        value=Decimal("0.31"),
        threshold=Decimal("0.5"),
        unit="amount",
        why="an asset, or all of an account (*), is worth or holds less than its threshold",
    ),
    notice(23, "warning", "gap", "stream was silent for 8 s; 2 fills filled back"),
    alert(
        37,
        61,
        "warning",
        "STREAM_STALE",
        "fills",
        "resolved",
        "nothing was heard of fills",
        value=Decimal(61),
        threshold=Decimal(60),
        unit="s",
        why="nothing was heard of a kind of data for longer than its threshold",
    ),
    notice(123, "info", "deposit", "deposit of 5,000.00 USD arrived"),
)


def curve(until: int = NOW, days: int = 30, gap: tuple[int, int] = (9 * HOUR, 7 * HOUR)) -> tuple[EquityPointRow, ...]:
    """By the hour, then by five minutes, then by the minute; nothing from ``gap[0]`` to ``gap[1]`` ago."""
    walk = random.Random(5)
    points: list[EquityPointRow] = []
    level, at = Decimal("119000"), (until - days * DAY) // HOUR * HOUR
    while at < until:
        ago = until - at
        span = MINUTE if ago <= HOUR else 5 * MINUTE if ago <= DAY else HOUR
        at = at // span * span
        level += Decimal(walk.randint(-100, 102)) * (5 if span == HOUR else 2)
        if not gap[1] < ago < gap[0]:
            flows = Decimal(90000 if ago > 6 * DAY else 95000)
            points.append(EquityPointRow(at=at, span=span, equity=level + flows, net_pnl=level, flows=flows))
        at += span
    moved = Decimal("128402.1123") - (points[-1].equity or 0)
    return tuple(msgspec.structs.replace(one, equity=(one.equity or 0) + moved) for one in points)


CURVE = curve()
RISK = EquityRow(
    account="*",
    currency="USD",
    equity=Decimal("128402.1123"),
    partial=False,
    assets_value=Decimal("128470.58"),
    derivatives_unrealized_pnl=Decimal("-68.47"),
    used_margin=Decimal("4266.59"),
    available_margin=Decimal("124135.5223"),
    margin_ratio=Decimal("0.033228"),
    leverage=Decimal("0.4279"),
    net_exposure=Decimal("41204.33"),
    gross_exposure=Decimal("54931.77"),
    liquidation_symbol="ETH/USDT:USDT",
    liquidation_distance_pct=Decimal("28.77"),
    unpriced=(),
    price_at=NOW - 2 * SECOND,
)


def stat(currency: str = "USD", count: int = 412, /, **changes: Any) -> StatRow:
    row = StatRow(
        account="*",
        per="closing",
        currency=currency,
        count=count,
        winners=count * 57 // 100,
        losers=count * 41 // 100,
        break_even=count - count * 57 // 100 - count * 41 // 100,
        total=Decimal("3748.27"),
        win_rate=Decimal("58.1632"),
        average_win=Decimal("38.11"),
        average_loss=Decimal("-29.74"),
        profit_factor=Decimal("1.4231"),
        payoff=Decimal("1.2814"),
        expectancy=Decimal("9.0977"),
        best=Decimal("412.5"),
        worst=Decimal("-180.25"),
    )
    return msgspec.structs.replace(row, **changes)


STATISTICS = (stat(), stat("USDT", 31, total=Decimal("-88.15"), expectancy=Decimal("-2.8435"), profit_factor=None))
PERFORMANCE = PerformanceRow(
    account="*",
    currency="USD",
    since_at=NOW - 29 * DAY,
    until_at=NOW,
    days=29,
    small=True,
    time_weighted_pct=Decimal("7.8124"),
    money_weighted_pct=None,
    max_drawdown_pct=Decimal("-6.4112"),
    drawdown_pct=Decimal("-2.1037"),
    volatility_pct=Decimal("14.8215"),
    sharpe=Decimal("1.9134"),
    sortino=Decimal("2.6377"),
)


def difference(kind: str, key: str, local: str | None, exchange: str | None, /, **changes: Any) -> ReconcileRow:
    mine, theirs = (None if value is None else Decimal(value) for value in (local, exchange))
    row = ReconcileRow(
        account="kraken",
        kind=kind,
        key=key,
        wallet="spot",
        local=mine,
        exchange=theirs,
        difference=None if mine is None or theirs is None else theirs - mine,
        difference_pct=None,
        state="unexplained",
        explanation=(),
        corrected=False,
        first_bad_interval=None,
        since_at=NOW - 3 * HOUR,
    )
    return msgspec.structs.replace(row, **changes)


DIFFERENCES = (
    difference(
        "balance",
        "USD",
        "61204.02180001",
        "61704.02180001",
        explanation=("a deposit of 500 USD that is not known", "fills between 10:41 and 11:02 are not known yet"),
        first_bad_interval=Interval(from_at=NOW - 4 * HOUR, until_at=NOW - 3 * HOUR),
    ),
    difference("balance", "KFEE", "8123.55", "8120.15", state="explained", explanation=("fee of fill T77",)),
    difference(
        "position", "ETH/USDT:USDT", "-4.1", "-4.2", wallet="futures", state="pending", since_at=NOW - 4 * SECOND
    ),
    difference("balance", "BTC", None, "0.00000001", wallet="earn", state="unknown", since_at=None),
    difference("balance", "SHIB", "12500000.5", "12500000", corrected=True),
)
RUNS = tuple(
    RunRow(
        id=412 - n,
        account="kraken",
        time=NOW - n * HOUR,
        state="unexplained" if n < 3 else "clean",
        compared=41,
        differing=5 if n < 3 else 0,
        read_at=NOW - n * HOUR,
        head=1234,
        version="0.1.0",
    )
    for n in range(8)
)
PROOFS = (
    ProofRow(
        account="kraken",
        wallet="spot",
        asset="USD",
        since_at=NOW - 4 * HOUR,
        opening=Decimal("61000.02"),
        movements=(
            MovementRow(
                kind="sold",
                late=False,
                amount=Decimal("205.10180001"),
                count=2,
                first_at=NOW - 3 * HOUR,
                last_at=NOW - 2 * HOUR,
                facts=(
                    MovedRow(fact="spot|fill|T1", id="T1", time=NOW - 3 * HOUR, amount=Decimal("1.11180001")),
                    MovedRow(fact="spot|fill|T2", id="T2", time=NOW - 2 * HOUR, amount=Decimal("203.99")),
                ),
            ),
            MovementRow(
                kind="trading fees",
                late=True,
                amount=Decimal("-1.1"),
                count=1,
                first_at=NOW - 2 * HOUR,
                last_at=NOW - 2 * HOUR,
                facts=(MovedRow(fact="spot|fill|T2", id="T2", time=NOW - 2 * HOUR, amount=Decimal("-1.1")),),
            ),
        ),
        closing=Decimal("61204.02180001"),
        exchange=Decimal("61704.02180001"),
        difference=Decimal(500),
    ),
)
DRIFTING = account(reconciled="unexplained", reconciled_at=NOW - 12 * SECOND, drifting=1)


def screenful(**changes: Any) -> Screenful:
    whole = Screenful(
        as_of=NOW,
        accounts=(account(),),
        figures=FIGURES,
        positions=POSITIONS,
        balances=BALANCES,
        orders=ORDERS,
        fills=FILLS,
        alerts=ALERTS,
        equity_curve=CURVE,
        risk=RISK,
        statistics=STATISTICS,
        performance=PERFORMANCE,
    )
    return msgspec.structs.replace(whole, **changes)


def empty(**changes: Any) -> Screenful:
    nothing = Figures(
        currency="USD",
        equity=None,
        equity_is_partial=False,
        day_change=None,
        day_change_pct=None,
        unrealized_pnl=None,
        realized_pnl=None,
        fees=None,
        funding=None,
        price_age_seconds=None,
    )
    rows = ("accounts", "positions", "balances", "orders", "fills", "alerts", "equity_curve", "statistics")
    none: dict[str, Any] = dict.fromkeys(rows, ())
    return screenful(**none | {"figures": nothing, "risk": None, "performance": None} | changes)


def many(rows: int = 200) -> Screenful:
    return screenful(
        positions=tuple(
            position(f"C{n:03d}/USD", str(1 + n % 7), f"{100 + n}", f"{101 + n * Decimal('1.01')}") for n in range(rows)
        ),
        fills=tuple(fill(n, f"C{n % 40:03d}/USD", "buy", "1.5", f"{100 + n}.25", None) for n in range(1, rows)),
    )


class StillSource:
    """Serves what it was last given."""

    def __init__(self, first: Screenful) -> None:
        self.value = first
        self.version = 1
        self.asked = 0
        self.acknowledged: list[int] = []

    def give(self, value: Screenful) -> None:
        self.value = value
        self.version += 1

    def screenful(self) -> Screenful:
        self.asked += 1
        return self.value

    def acknowledge(self, alert: int) -> None:
        self.acknowledged.append(alert)
