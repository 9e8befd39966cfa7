"""Ten hours of an exchange, exported as books: other people's programs come to our balances, costs and gains."""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal, localcontext
from pathlib import Path

import pytest

from account_cli.domain.money import MONEY, ZERO
from account_cli.engine.follow import Follower
from account_cli.ledger import LedgerState
from account_cli.ledger.state import MethodName
from account_cli.storage import open_reader
from tests.faults.truth import Bench
from tests.plain_text_books import Book, beancount, hledger

VENUES = ["kraken", "binance", "binanceusdm"]
METHODS: list[MethodName] = ["average", "fifo", "lifo", "hifo"]
CLOSE = Decimal("1e-12")
"""Beancount keeps the cost of a unit to 28 digits."""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("venue", VENUES if "ACCT_LONG" in os.environ else ("binance",))
async def test_ten_hours_as_books_have_the_balances_costs_and_gains_of_the_ledger(venue: str, tmp_path: Path) -> None:
    async with Bench(venue, tmp_path, seed=11, hours=10) as bench:
        bench.sim.run_until(bench.end_ns)
        await bench.run("poll", "main")
        true = {asset: total for asset, total in bench.sim.truth_balances().items() if total}
    for method in METHODS:
        reader = open_reader(bench.database)
        try:
            state = Follower(reader).views(["main"], method=method)[0].state
        finally:
            reader.close()
        for form, read in (("beancount", beancount), ("hledger", hledger)):
            file = tmp_path / f"{method}.{form}"
            await bench.run("export", "--format", form, "--method", method, "-O", str(file))
            book = await asyncio.to_thread(read, file)
            agrees(book, state, exact=form == "hledger")
            assert _by_asset(book) == true


def agrees(book: Book, state: LedgerState, *, exact: bool) -> None:
    with localcontext(MONEY):
        held = {(wallet.capitalize(), asset): amount for (wallet, asset), amount in state.balances().items() if amount}
        assert book.held("Main") == held
        spot = [figures for figures in state.totals() if not figures.is_contract]
        costs: dict[tuple[str, str], Decimal] = {}
        for figures in spot:
            if figures.asset is not None and figures.cost:
                key = (figures.asset, figures.currency)
                costs[key] = costs.get(key, ZERO) + figures.cost
        assert book.cost().keys() == costs.keys()
        assert all(abs(book.cost()[key] - cost) <= (0 if exact else CLOSE) for key, cost in costs.items())
        gains: dict[str, Decimal] = {}
        for figures in spot:
            gains[figures.currency] = gains.get(figures.currency, ZERO) - figures.realized_pnl
        assert book.total("Income", "Trading") == {currency: gain for currency, gain in gains.items() if gain}


def _by_asset(book: Book) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for (_, asset), number in book.held("Main").items():
        sums[asset] = sums.get(asset, ZERO) + number
    return {asset: number for asset, number in sums.items() if number}
