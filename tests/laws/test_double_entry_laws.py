"""A history as books: every transaction balances, no lot is over-reduced, and the sums are what the ledger says."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from account_cli.domain.events import Event
from account_cli.domain.money import MONEY, ZERO
from account_cli.interchange.books.postings import UNKNOWN, Postings
from account_cli.ledger.double_entry import book
from account_cli.ledger.state import MethodName, empty
from tests.laws.histories import fills, flows, histories
from tests.laws.test_effect_laws import MARKETS, rarities


@given(histories(fills(), flows(), rarities(), most=30), st.sampled_from(get_args(MethodName)))
@settings(max_examples=300, deadline=None)
def test_every_fact_balances_and_their_sum_is_the_ledger(history: list[Event], method: MethodName) -> None:
    state, postings = empty("a", method), Postings("a")
    units: dict[tuple[str, str], Decimal] = {}
    lots: dict[str, Decimal] = {}
    costs: dict[tuple[str, str], Decimal] = {}
    in_lots: dict[tuple[str, str], Decimal] = {}
    bent = False
    with localcontext(MONEY):
        for event in history:
            state, booking = book(state, event, MARKETS)
            transaction = postings.of(booking)
            weights: dict[str, Decimal] = {}
            for posting in () if transaction is None else transaction.postings:
                own = posting.cost is None
                asset, weight = (posting.asset, posting.units) if own else (posting.currency, posting.cost or ZERO)
                weights[asset] = weights.get(asset, ZERO) + weight
                if posting.account[0] == "Assets" and posting.account[2] != "In-Transit":
                    place = (posting.account[2], posting.asset)
                    units[place] = units.get(place, ZERO) + posting.units
                bent |= posting.account[-1] == "Negative-Cost"
                if posting.cost is not None:
                    assert (posting.opened_ns is not None) == (posting.label not in lots)
                    before = lots.get(posting.label, ZERO)
                    after = lots[posting.label] = before + posting.units
                    assert not before or not after or (before > 0) == (after > 0), "a lot was taken beyond its end"
                    if posting.currency != UNKNOWN:
                        kept = (posting.asset, posting.currency)
                        in_lots[kept] = in_lots.get(kept, ZERO) + posting.units
                        costs[posting.asset, posting.currency] = (
                            costs.get((posting.asset, posting.currency), ZERO) + posting.cost
                        )
            assert not any(weights.values()), weights
    assert {place: held for place, held in units.items() if held} == {
        place: held for place, held in state.balances().items() if held
    }
    assert {kept: held for kept, held in in_lots.items() if held} == {
        (figures.asset, figures.currency): figures.known_quantity
        for figures in state.totals()
        if figures.asset is not None and figures.known_quantity
    }
    if not bent:  # a rebate above the price makes a cost of the other sign: such a lot is held at 0
        stands: dict[tuple[str, str], Decimal] = {}
        for figures in state.totals():
            if figures.asset is not None and figures.cost:
                stands[figures.asset, figures.currency] = figures.cost
        assert {key: cost for key, cost in costs.items() if cost} == stands
