"""The CSV files that an exchange would give to the simulator's customer, made of the history that its API tells."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

from account_cli.simulator.protocols.kraken import private, rows
from account_cli.simulator.simulator import Simulator

LEDGERS = ("txid", "refid", "time", "type", "subtype", "aclass", "asset", "wallet", "amount", "fee", "balance")
TRADES = (
    "txid", "ordertxid", "pair", "time", "type", "ordertype", "price", "cost", "fee", "vol", "margin", "misc",
    "ledgers",
)  # fmt: skip


def kraken_ledgers(sim: Simulator) -> str:
    """Every entry, with whole seconds, as History > Export > Ledgers has them; a deposit comes as pending first."""
    table: list[dict[str, object]] = []
    with sim.world.arithmetic():
        for entry in sim.world.book.entries:
            row = rows.ledger(entry, private._type(entry))
            row |= {"txid": entry.id, "time": _time(entry.time_ns, 0), "wallet": "spot / main"}
            if entry.kind == "deposit":
                table.append({**row, "txid": "", "balance": ""})
            table.append(row)
    return _written(LEDGERS, table)


def kraken_trades(sim: Simulator) -> str:
    """Every trade, with four digits of a second."""
    with sim.world.arithmetic():
        table = [
            rows.trade(fill, ledgers=False)
            | {"txid": fill.id, "time": _time(fill.time_ns, 4), "ledgers": ",".join(fill.entries)}
            for fill in sim.world.book.fills
        ]
    return _written(TRADES, table)


BINANCE = ("User_ID", "UTC_Time", "Account", "Operation", "Coin", "Change", "Remark")
_OPERATIONS = {
    "deposit": "Deposit",
    "withdrawal": "Withdraw",
    "transfer": "Transfer Between Spot Account and UM Futures Account",
    "reward": "Staking Rewards",
    "conversion": "Binance Convert",
    "dust": "Small Assets Exchange BNB",
    "interest": "Simple Earn Flexible Interest",
    "earn": "Simple Earn Flexible Subscription",
}


def binance_transactions(sim: Simulator) -> str:
    """Every change of every balance of the spot wallet, with whole seconds and without an id."""
    table: list[dict[str, object]] = []

    def add(time_ns: int, operation: str, asset: str, change: Decimal) -> None:
        cells = (_time(time_ns, 0)[2:], "Spot", operation, asset, f"{change:f}", "")
        table.append(dict(zip(BINANCE, ("1", *cells), strict=True)))

    with sim.world.arithmetic():
        for fill in sim.world.book.fills:
            base, _, quote = fill.symbol.partition("/")
            sign = 1 if fill.side == "buy" else -1
            add(fill.time_ns, fill.side.title(), base, sign * fill.quantity)
            add(fill.time_ns, fill.side.title(), quote, -sign * fill.cost)
            for asset, amount in fill.fees.items():
                add(fill.time_ns, "Fee", asset, -amount)
        for entry in sim.world.book.entries:
            if entry.kind != "trade":
                add(entry.time_ns, _OPERATIONS[entry.kind], entry.asset.partition(".")[0], entry.amount - entry.fee)
    return _written(BINANCE, sorted(table, key=lambda row: str(row["UTC_Time"])))


def _written(columns: tuple[str, ...], table: list[dict[str, object]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue()


def _time(ns: int, digits: int) -> str:
    whole = datetime.fromtimestamp(ns // 1_000_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{whole}.{ns % 1_000_000_000:09d}"[: 20 + digits].rstrip(".")
