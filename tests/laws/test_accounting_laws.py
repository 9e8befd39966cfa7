"""What must hold for the accounting book whatever happened."""

from __future__ import annotations

import os
from decimal import Decimal, localcontext

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from account_cli.domain.events import Event, PriceQuoted
from account_cli.domain.money import MONEY, ZERO
from account_cli.ledger import empty, fold
from account_cli.ledger.accounting import account_book, account_books
from account_cli.ledger.closings import Closing
from account_cli.ledger.state import MethodName
from account_cli.ledger.valuing import MissingPrice
from tests.laws.histories import SPOT, Prices, everything, fills, histories

EXAMPLES = int(os.environ.get("ACCT_LAW_EXAMPLES", "100"))
lawful = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
methods: st.SearchStrategy[MethodName] = st.sampled_from(("average", "fifo", "lifo", "hifo"))


class EveryPrice(Prices):
    """A price for everything in everything."""

    def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> PriceQuoted | None:
        return PriceQuoted(time_ns=time_ns, asset=asset, price=Decimal("2.5"), currency=currency, source="test")


@lawful
@given(history=histories(fills(SPOT[:1])), method=methods)
def test_in_one_currency_both_books_say_the_same(history: list[Event], method: MethodName) -> None:
    state, _ = fold(empty("a", method), history, Prices())
    book = account_book("a", history, Prices(), method=method)
    trading = {row.symbol: row for row in state.totals()}
    for row in book.totals:
        mine = trading.get(row.symbol)
        if mine is not None and row.symbol == SPOT[0]:
            assert (row.quantity, row.cost, row.realized_pnl, row.fees, row.fees_paid) == (
                mine.quantity, mine.cost, mine.realized_pnl, mine.fees, mine.fees_paid)  # fmt: skip


@lawful
@given(history=everything, method=methods)
def test_with_every_price_known_the_book_is_complete_and_adds_up(history: list[Event], method: MethodName) -> None:
    book = account_book("a", history, EveryPrice(), method=method)
    assert book.complete
    with localcontext(MONEY):
        spot = [row for row in book.totals if row.asset]
        for row in spot:
            closed = [c for c in book.closings if c.symbol == row.symbol]
            assert sum((c.realized_pnl or ZERO for c in closed), ZERO) == row.realized_pnl


@lawful
@given(history=everything, method=methods)
def test_without_prices_what_is_missing_is_listed_and_nothing_halts(history: list[Event], method: MethodName) -> None:
    book = account_book("a", history, Prices(), method=method, pegged=())
    assert all(missing.quantity >= 0 or missing.asset for missing in book.missing)
    assert book.complete == (not book.missing)


@lawful
@given(history=everything, method=methods, data=st.data())
def test_one_fold_stands_at_every_edge_as_a_fold_up_to_there(
    history: list[Event], method: MethodName, data: st.DataObject
) -> None:
    times = [event.time_ns for event in history]
    edges = sorted(data.draw(st.lists(st.sampled_from([0, *times, *(at + 1 for at in times)]), max_size=3)))
    books = account_books("a", history, Prices(), [*edges, None], method=method)
    closings: list[Closing] = []
    missing: list[MissingPrice] = []
    for edge, book in zip([*edges, None], books, strict=True):
        before = [event for event in history if edge is None or event.time_ns < edge]
        alone = account_book("a", before, Prices(), method=method)
        closings += book.closings
        missing += book.missing
        assert (book.totals, book.lots, book.issues) == (alone.totals, alone.lots, alone.issues)
        assert (tuple(closings), tuple(missing), book.sources) == (alone.closings, alone.missing, alone.sources)
