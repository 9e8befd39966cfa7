"""Only what stays unexplained is corrected, figure by figure, and a correction's name follows from its content."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from account_cli.domain.events import Adjustment
from account_cli.domain.identity import identity
from account_cli.domain.times import SECOND
from account_cli.reconciliation import Item, Run
from account_cli.reconciliation.correcting import (
    breaks,
    corrected,
    corrections,
    covered,
    is_correction,
    is_spent,
    key_of,
)
from account_cli.reconciliation.sides import Key

STATED: dict[Any, int] = {"balance": 70 * SECOND, "position": 80 * SECOND}


def item(kind: str = "balance", key: str = "USD", local: str | None = "1", exchange: str = "3", **more: Any) -> Item:
    mine = None if local is None else Decimal(local)
    told: dict[str, Any] = {"state": "unexplained", "wallet": "spot", "since_ns": 60 * SECOND} | more
    return Item(kind=kind, key=key, local=mine, exchange=Decimal(exchange), **told)  # type: ignore[arg-type]


def run(*items: Item) -> Run:
    return Run(account="a", at_ns=90 * SECOND, version="t", head=4, read_ns=70 * SECOND, compared=9, items=items)


def made(one: Item, *before: Adjustment) -> Adjustment:
    (only,) = corrections(run(one), [one], stated_ns=STATED, before=before)
    return only


def test_only_unexplained_balances_and_positions_are_corrected() -> None:
    wanted = [item(), item("position", "BTC/USDT:USDT")]
    others = [
        item("entry", "BTC/USDT:USDT"),
        item(state="pending"),
        item(state="explained"),
        item(local=None, state="unknown"),
        item(corrected="spot|adjustment|correction:x"),
    ]
    assert breaks(run(*wanted, *others)) == wanted


@pytest.mark.parametrize(
    ("key", "symbol", "side"),
    [
        ("BTC/USDT:USDT", "BTC/USDT:USDT", None),
        ("BTC/USDT:USDT long", "BTC/USDT:USDT", "long"),
        ("BTC/USDT:USDT short", "BTC/USDT:USDT", "short"),
    ],
)
def test_a_position_is_corrected_on_the_side_that_differs(key: str, symbol: str, side: Any) -> None:
    one = made(item("position", key, "1", "1.5", wallet="futures"))
    assert (one.symbol, one.position_side, one.asset, one.amount) == (symbol, side, "BTC", Decimal("0.5"))
    assert (one.time_ns, one.wallet, key_of(one)) == (80 * SECOND, "futures", Key("futures", symbol, side or "both"))


def test_it_says_what_it_rests_on() -> None:
    assert made(item(clean_ns=50 * SECOND)).reason == (
        "ledger 1, exchange 3, unexplained between 1970-01-01T00:00:50Z and 1970-01-01T00:01:00Z"
    )


def test_its_name_follows_from_its_content_and_from_the_one_before() -> None:
    first = made(item())
    assert made(item(local="1.0")) == first
    assert (is_correction(first), is_spent(first), is_spent(replace(first, amount=Decimal(0)))) == (True, False, True)
    others = [
        made(item(exchange="4")),
        made(item(key="EUR")),
        made(item(wallet="futures")),
        made(item(), first),
        made(item(), replace(first, amount=Decimal(0), time_ns=5)),
        made(item("position", "USD")),
    ]
    assert len({identity(one) for one in [first, *others]}) == 6, "the one before counts, spent or not"
    assert made(item(), made(item(key="EUR"))) == first, "but only of the same figure"


def test_the_run_names_what_was_made_of_each_item() -> None:
    items = [item(), item("position", "USD"), item("entry", "USD"), item(key="EUR")]
    found = corrections(run(*items), items[:2], stated_ns=STATED, before=())
    assert [one.corrected for one in corrected(run(*items), found).items] == [*map(identity, found), None, None]


def test_a_hole_in_the_exchanges_own_ledger_is_part_of_a_later_correction_of_that_balance() -> None:
    hole = item("running", since_ns=61 * SECOND, clean_ns=60 * SECOND)
    later, earlier, other = made(item()), replace(made(item()), time_ns=59 * SECOND), made(item(key="EUR"))
    (one,) = covered([hole], [other, later])
    assert (one.state, one.hints) == ("explained", (f"2 was corrected ({identity(later)})",))
    assert covered([hole], [other, earlier]) == [hole]
    assert covered([replace(hole, state="pending")], [later])[0].state == "explained"
