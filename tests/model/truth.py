"""What acct knows beside what is true: every fact, every digit, and whether what it called live was right."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from io import StringIO
from pathlib import Path

from account_cli.domain.money import MONEY, ZERO
from account_cli.engine.openings import is_no_opening
from account_cli.interchange.ndjson import write_ledger
from account_cli.ports import JournalReader
from tests.faults.truth import facts
from tests.model.exchange import ModelExchange
from tests.model.watcher import ACCOUNT, kept

_TOLD = Decimal("1e-8")


def exported(reader: JournalReader) -> str:
    """Return the ledger file that ``acct export`` writes of what is known."""
    out = StringIO()
    with reader.snapshot_view():
        out.writelines(write_ledger(event for event in reader.events(ACCOUNT) if not is_no_opening(event)))
    return out.getvalue()


def differences(exchange: ModelExchange, database: Path) -> list[str]:
    """Return what acct lacks, has too much of or has wrong, a line each; empty when all is as it should be."""
    with kept(database) as reader:
        known, true = facts(exported(reader)), facts(exchange.truth(ACCOUNT))
        lines = [f"lacks {fact}" for fact in sorted(set(true) - set(known))]
        lines += [f"invented {fact}" for fact in sorted(set(known) - set(true))]
        if len(known) != len(set(known)):
            lines.append("knows a fact twice")
        return lines + _states(exchange, reader)


def balances(reader: JournalReader) -> dict[str, Decimal]:
    """Return what acct last saw of each asset, over all wallets, without zeros."""
    seen = reader.balances(ACCOUNT)
    shown: dict[str, Decimal] = {}
    with localcontext(MONEY):
        for row in seen.rows if seen else ():
            shown[row.asset] = shown.get(row.asset, ZERO) + row.total
    return {asset: amount for asset, amount in shown.items() if amount}


def told(held: Mapping[str, Decimal], venue: str) -> dict[str, Decimal]:
    """Return what is held in the digits that the exchange tells, without zeros.

    Of what contracts realised the book knows more than the futures exchange tells: eight.
    """
    with localcontext(MONEY):
        if venue == "binanceusdm":
            held = {asset: amount.quantize(_TOLD, ROUND_HALF_EVEN) for asset, amount in held.items()}
        return {asset: amount for asset, amount in held.items() if amount}


def _states(exchange: ModelExchange, reader: JournalReader) -> list[str]:
    """Compare what the exchange says it holds with what acct last saw of it."""
    shown, lines = balances(reader), []
    true = told(exchange.truth_balances(), exchange.venue)
    if shown != true:
        lines.append(f"shows balances {_told(shown, true)}, true is {_told(true, shown)}")
    positions = reader.positions(ACCOUNT)
    held = {row.symbol: row.quantity for row in (positions.rows if positions else ()) if row.quantity}
    if held != exchange.truth_positions():
        lines.append(f"shows positions {held}, true is {exchange.truth_positions()}")
    listed = {order.id for order in reader.orders(ACCOUNT)}
    opened = {order.id for order in exchange.world.book.open.values()}
    if listed != opened:
        lines.append(f"shows open orders {sorted(listed - opened)} too many, {sorted(opened - listed)} too few")
    return lines


def _told(these: dict[str, Decimal], those: dict[str, Decimal]) -> str:
    return str({asset: str(amount) for asset, amount in these.items() if those.get(asset) != amount})
