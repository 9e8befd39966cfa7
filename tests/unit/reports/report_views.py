"""Views for these tests: facts folded by the real ledger, observations and prices written down."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from account_cli.domain.events import Amount, Event, Fill, PriceQuoted, Side, TransferArrived
from account_cli.domain.health import Coverage, DataKind, StreamRow
from account_cli.domain.identity import order_key
from account_cli.domain.instruments import Instrument
from account_cli.domain.money import plain
from account_cli.domain.observations import Balance, BalancesSeen, Order, Position, PositionsSeen, PriceSeen
from account_cli.domain.times import SECOND, parse_time
from account_cli.ledger import Closing, LedgerState, empty, fold
from account_cli.reports.view import AccountView

D = Decimal
NOW = parse_time("2026-11-19T14:03:27Z")
EARLIER = NOW - 3600 * SECOND


class Refs:
    """References with a few stored prices, nearest first come."""

    def __init__(self, prices: dict[tuple[str, str], Decimal] | None = None) -> None:
        self.prices = prices or {}

    def instrument(self, symbol: str) -> Instrument | None:
        return None

    def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> PriceQuoted | None:
        price = self.prices.get((asset, currency))
        if price is None:
            return None
        return PriceQuoted(time_ns=time_ns, asset=asset, price=price, currency=currency, source="test")


def fill(
    id_: str,
    symbol: str,
    side: Side,
    quantity: str,
    price: str,
    fee: str | None = None,
    *,
    fee_asset: str | None = None,
    account: str = "main",
    at: int = EARLIER,
    **more: object,
) -> Fill:
    settle = symbol.partition(":")[2] or None
    asset = fee_asset or settle or symbol.partition("/")[2]
    base = symbol.partition("/")[0]
    fees = () if fee is None else (Amount(asset, D(fee)),)
    fields: dict[str, object] = {"inverse": settle == base, "settle": settle, "fees": fees}
    if settle == base:
        fields["contracts"] = D(quantity)
    else:
        fields["quantity"] = D(quantity)
    return Fill(
        account=account,
        id=id_,
        order_id=f"O{id_}",
        time_ns=at,
        symbol=symbol,
        side=side,
        price=D(price),
        **(fields | more),  # type: ignore[arg-type]
    )


def deposit(asset: str, amount: str, account: str = "main") -> TransferArrived:
    return TransferArrived(account=account, id=f"d{asset}", time_ns=1, asset=asset, amount=D(amount), type="deposit")


def seen(*prices: tuple[str, str], age_s: int = 1) -> dict[str, PriceSeen]:
    return {symbol: PriceSeen(symbol=symbol, price=D(price), at_ns=NOW - age_s * SECOND) for symbol, price in prices}


def stream(kind: DataKind, *, account: str = "main", age_s: int = 1, **more: object) -> StreamRow:
    fields: dict[str, object] = {
        "strategy": "stream",
        "status": "live",
        "beat_ns": NOW - SECOND,
        "last_message_ns": NOW - age_s * SECOND,
    }
    return StreamRow(account=account, kind=kind, **(fields | more))  # type: ignore[arg-type]


KINDS: tuple[DataKind, ...] = ("balances", "orders", "fills", "positions", "transfers")


def folded(
    events: Sequence[Event], account: str = "main", refs: Refs | None = None
) -> tuple[LedgerState, list[Closing]]:
    return fold(empty(account), sorted(events, key=order_key), refs or Refs())


def view(
    *events: Event,
    account: str = "main",
    prices: dict[str, PriceSeen] | None = None,
    balances: Sequence[Balance] | None = None,
    positions: Sequence[Position] | None = None,
    complete: bool = True,
    orders: Sequence[Order] = (),
    streams: Sequence[StreamRow] | None = None,
    coverage: Sequence[Coverage] | None = None,
    state: LedgerState | None = None,
    refs: Refs | None = None,
) -> AccountView:
    """A healthy, fully known account unless said otherwise: no reason to call anything incomplete."""
    if streams is None:
        streams = [stream(kind, account=account) for kind in KINDS]
    if coverage is None:
        coverage = [Coverage(kind=kind, since_ns=0, from_start=True) for kind in ("fills", "transfers")]
    stated, open_ = None, None
    if balances is not None:
        stated = BalancesSeen(account=account, at_ns=NOW - SECOND, complete=complete, rows=tuple(balances))
    if positions is not None:
        open_ = PositionsSeen(account=account, at_ns=NOW - 2 * SECOND, complete=complete, rows=tuple(positions))
    return AccountView(
        account=account,
        venue="kraken",
        user=None,
        derived_strategy="FULL_WEBSOCKET",
        n=len(events),
        state=state if state is not None else folded(events, account, refs)[0],
        balances=stated,
        positions=open_,
        orders=tuple(orders),
        streams=tuple(streams),
        coverage=tuple(coverage),
        prices=prices or {},
        instruments={},
    )


def said(*values: object) -> str:
    """Values in words, to compare several at once: plain digits, ``?`` for None."""
    return " ".join("?" if v is None else plain(v) if isinstance(v, Decimal) else str(v) for v in values)
