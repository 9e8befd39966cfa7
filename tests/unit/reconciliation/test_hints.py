"""What may have caused a difference is said as a possibility, the likeliest first."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from account_cli.domain.health import Coverage
from account_cli.domain.times import SECOND
from account_cli.reconciliation import Item, hints
from tests.unit.reports.report_views import fill

USD = Item(kind="balance", wallet="spot", key="USD", local=Decimal(1), exchange=Decimal(2), state="unexplained")
WHOLE = Coverage(kind="fills", since_ns=0, until_ns=9 * SECOND, from_start=True)


def test_a_gap_comes_before_a_fee_that_is_not_told_and_that_before_what_is_out_of_reach() -> None:
    coverage = [
        WHOLE,
        Coverage(kind="fills", since_ns=20 * SECOND, until_ns=30 * SECOND, lacks="old markets"),
    ]
    told = hints(USD, coverage, [fill("7", "BTC/USD", "buy", "1", "2"), fill("8", "BTC/USD", "buy", "1", "2", "0.1")])
    assert [line.split(" are ")[0].split(" is ")[0].split(" cannot ")[0] for line in told] == [
        "fills between 1970-01-01T00:00:09Z and 1970-01-01T00:00:20Z",
        "fills of old markets",
        "fills before 1970-01-01T00:00:20Z",
    ]
    unpaid = msgspec.structs.replace(fill("9", "BTC/USD", "buy", "1", "2"), fees=None)
    (line,) = hints(USD, [WHOLE], [unpaid])
    assert line.startswith("the fee of fill 9 (BTC/USD, ")
    assert hints(msgspec.structs.replace(USD, kind="position"), [WHOLE], [unpaid]) == ()


def test_a_side_that_says_nothing_is_named() -> None:
    unknown = msgspec.structs.replace(USD, exchange=None, state="unknown", wallet="earn")
    assert hints(unknown, [WHOLE], []) == ("the exchange does not state what is in the wallet 'earn'",)


def test_nothing_is_made_up() -> None:
    assert hints(USD, [WHOLE], []) == ()
