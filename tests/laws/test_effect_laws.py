"""What each fact is said to move adds up to what the ledger says is held: to the last digit, whatever happened."""

from __future__ import annotations

import os
from collections import defaultdict
from decimal import Decimal, localcontext

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from account_cli.domain.events import (
    Adjustment,
    Amount,
    Borrowed,
    Converted,
    Event,
    Fill,
    Opening,
    Settled,
    TransferArrived,
)
from account_cli.domain.identity import identity
from account_cli.domain.instruments import Instrument
from account_cli.domain.money import MONEY, ZERO
from account_cli.ledger import Closing, empty, fold
from account_cli.reconciliation.effects import effects, moved_position
from account_cli.reconciliation.sides import Key, ledger_side
from tests.laws.histories import INVERSE, LINEAR, Prices, amounts, fills, flows, histories, round_amounts

EXAMPLES = int(os.environ.get("ACCT_LAW_EXAMPLES", "100"))
lawful = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Heard(Prices):
    """Knows nothing of one market."""

    def instrument(self, symbol: str) -> Instrument | None:
        return None if symbol == "unheard" else super().instrument(symbol)


MARKETS = Heard()


@st.composite
def rarities(draw: st.DrawFn) -> Event:
    amount = draw(amounts)
    base = {"account": "a", "id": "", "time_ns": 0}
    symbol = draw(st.sampled_from((*LINEAR, *INVERSE, "AAA/USD")))
    match draw(st.integers(0, 7)):
        case 0:
            fee = draw(st.sampled_from((Amount("AAA", Decimal(1)), Amount("BNB", Decimal(2)), Amount("USD", -amount))))
            return Converted(**base, from_=Amount("AAA", amount), to=Amount("BNB", Decimal(3)), fees=(fee,))  # type: ignore[arg-type]
        case 1:
            return Adjustment(**base, wallet="futures", asset="AAA", amount=amount, reason="r", symbol=symbol)  # type: ignore[arg-type]
        case 2:
            return Adjustment(**base, asset="AAA", amount=-amount, reason="r", symbol=symbol, raw_type="x/y")  # type: ignore[arg-type]
        case 3:
            return Opening(**base, wallet="futures", asset="AAA", amount=draw(round_amounts), symbol=symbol)  # type: ignore[arg-type]
        case 4:
            return Borrowed(**base, asset="USD", amount=amount)  # type: ignore[arg-type]
        case 5:
            return Settled(**base, wallet="futures", asset="USDT", amount=amount, symbol=LINEAR[0])  # type: ignore[arg-type]
        case 6:
            fee = Amount("USD", Decimal("0.1"))
            return TransferArrived(account="a", id="", time_ns=0, asset="USD", amount=amount, type="internal",
                                   to_account="b", to_wallet="x", fee=fee)  # fmt: skip
    paid = (Amount("USDT", Decimal(1)), Amount("", Decimal(5)))
    return Fill(account="a", id="", time_ns=0, order_id="o", symbol="unheard", side="buy", price=amount,
                quantity=amount, settle="USDT", wallet="futures", fees=paid)  # fmt: skip


@lawful
@given(history=histories(fills(), fills(), flows(), rarities()))
def test_the_effects_of_all_facts_are_the_balances(history: list[Event]) -> None:
    state, closings = fold(empty("a"), history, MARKETS)
    beside: dict[str, list[Closing]] = defaultdict(list)
    for closing in closings:
        beside[closing.identity].append(closing)
    held: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    with localcontext(MONEY):
        for event in history:
            for effect in effects(event, beside[identity(event)], MARKETS.instrument):
                assert effect.amount, "what moves nothing is no effect"
                held[effect.wallet, effect.asset] += effect.amount
    balances = state.balances()
    assert {key: held[key] for key in {*held, *balances}} == {
        key: balances.get(key, ZERO) for key in {*held, *balances}
    }


@lawful
@given(history=histories(fills(LINEAR + INVERSE), fills(LINEAR + INVERSE), rarities()))
def test_what_facts_move_of_contracts_is_the_positions(history: list[Event]) -> None:
    state, _ = fold(empty("a"), history, MARKETS)
    moved: dict[Key, Decimal] = defaultdict(lambda: ZERO)
    with localcontext(MONEY):
        for event in history:
            found = moved_position(event, MARKETS.instrument)
            if found is not None:
                moved[found[0]] += found[1]
    positions = ledger_side(state).positions or {}
    assert {key: moved[key] for key in {*moved, *positions}} == {
        key: positions.get(key, ZERO) for key in {*moved, *positions}
    }
