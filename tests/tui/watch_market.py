"""A market that walks: a source for looking at the screen with one's own eyes."""

from __future__ import annotations

import random
import time
from decimal import Decimal

import msgspec

from account_cli.domain.times import HOUR
from account_cli.reports.rows import AccountStatusRow, AlertNotice, PositionRow, Screenful
from tests.tui.watch_fixture import FILLS, NOW, account, curve, fill, position, screenful


class MarketSource:
    """Prices walk at every look; now and then a fill comes. Times are of the wall clock."""

    def __init__(self, seed: int = 7, accounts: int = 1) -> None:
        self._random = random.Random(seed)
        rows = tuple(account(name) for name in ("kraken", "binance", "backup")[:accounts])
        self._whole = screenful(accounts=rows, equity_curve=curve(time.time_ns()))
        self._fills = list(FILLS)
        self._looks = 0

    @property
    def version(self) -> int:
        return self._looks // 3

    def acknowledge(self, alert: int) -> None:
        rows = [
            msgspec.structs.replace(row, state="acknowledged")
            if isinstance(row, AlertNotice) and row.id == alert
            else row
            for row in self._whole.alerts
        ]
        self._whole = msgspec.structs.replace(self._whole, alerts=tuple(rows))

    def screenful(self) -> Screenful:
        self._looks += 1
        shift = time.time_ns() - NOW
        whole = self._whole
        positions = tuple(self._walk(row, shift) for row in whole.positions)
        if self._looks % 40 == 0:
            self._fills.insert(0, fill(1, "BTC/USD", "sell", "0.01", "91902", "1.4", id=f"L{self._looks}"))
        self._whole = msgspec.structs.replace(whole, positions=positions)
        gain = sum((row.unrealized_pnl for row in positions if row.unrealized_pnl is not None), Decimal(0))
        return msgspec.structs.replace(
            self._whole,
            as_of=NOW + shift,
            accounts=tuple(_later(row, shift) for row in whole.accounts),
            figures=msgspec.structs.replace(whole.figures, unrealized_pnl=gain, equity=Decimal("128008.67") + gain),
            positions=tuple(msgspec.structs.replace(row, mark_at=NOW + shift) for row in positions),
            balances=tuple(msgspec.structs.replace(row, price_at=NOW + shift) for row in whole.balances),
            orders=tuple(msgspec.structs.replace(row, created_at=(row.created_at or 0) + HOUR) for row in whole.orders),
            fills=tuple(msgspec.structs.replace(row, time=row.time + shift) for row in self._fills),
            alerts=tuple(msgspec.structs.replace(row, time=row.time + shift) for row in whole.alerts),
        )

    def _walk(self, row: PositionRow, shift: int) -> PositionRow:
        if row.mark_price is None or self._random.random() < 0.5:
            return row
        step = row.mark_price * Decimal(self._random.randint(-5, 5)) / 10000
        exponent = row.mark_price.as_tuple().exponent
        mark = (row.mark_price + step).quantize(Decimal(1).scaleb(exponent if isinstance(exponent, int) else -2))
        return position(
            row.symbol,
            str(row.quantity),
            None if row.entry_price is None else str(row.entry_price),
            str(mark),
            leverage=row.leverage,
            margin=row.margin,
            liquidation_price=row.liquidation_price,
            currency=row.currency,
            unknown_cost_quantity=row.unknown_cost_quantity,
        )


def _later(row: AccountStatusRow, shift: int) -> AccountStatusRow:
    return msgspec.structs.replace(
        row,
        streams=tuple(
            msgspec.structs.replace(s, last_message_at=None if s.last_message_at is None else s.last_message_at + shift)
            for s in row.streams
        ),
    )
