"""An order's end counts however late it is told."""

from __future__ import annotations

from account_cli.domain.observations import Order, update_order


def test_an_end_told_late_ends_the_order_whichever_telling_came_first() -> None:
    working, ended = Order(id="1", status="open", updated_ns=5), Order(id="1", status="closed", updated_ns=2)
    assert update_order(working, ended) == update_order(ended, working)
    assert update_order(working, ended).status == "closed"


def test_the_first_end_told_stands() -> None:
    first, second = Order(id="1", status="canceled", updated_ns=5), Order(id="1", status="closed", updated_ns=9)
    assert update_order(first, second).status == "canceled"
