"""The ledger is a fold: a state and facts in order give the next state and what was realised on the way.

``fold`` is pure: it never changes the state it is given, asks nothing but its ``References`` and reads no clock. Facts
must come in the order of ``domain.identity.order_key`` and once each; that is the journal's work.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import localcontext
from typing import assert_never

from account_cli.domain.events import (
    Adjustment,
    Borrowed,
    Converted,
    CostGiven,
    Event,
    FeePaid,
    Fill,
    FundingPaid,
    InterestPaid,
    Opening,
    RebateReceived,
    Retracted,
    RewardReceived,
    Settled,
    TransferArrived,
)
from account_cli.domain.money import MONEY
from account_cli.ledger import flows, openings
from account_cli.ledger.closings import Closing
from account_cli.ledger.fills import book_fill
from account_cli.ledger.lanes import Lane
from account_cli.ledger.roads import Send, open_lane
from account_cli.ledger.state import LedgerState, References
from account_cli.ledger.work import Work


def fold(state: LedgerState, events: Iterable[Event], refs: References) -> tuple[LedgerState, list[Closing]]:
    """Return the state after ``events`` and what they realised, in order. Raises ``InputError`` by policy only."""
    work = Work(state, refs, wanted=True)
    _run(work, events)
    assert work.closings is not None
    return work.finish(), work.closings


def fold_state(state: LedgerState, events: Iterable[Event], refs: References) -> LedgerState:
    """Return the state after ``events``, without writing down what they realised."""
    work = Work(state, refs, wanted=False)
    _run(work, events)
    return work.finish()


def _run(work: Work, events: Iterable[Event]) -> None:
    lanes: dict[str, tuple[Lane, Send]] = {}
    roads: dict[str, Send] = {}
    find = roads.get
    with localcontext(MONEY):
        for event in events:
            if type(event) is Fill:
                send = find(event.symbol)
                if send is None and _opened(work, event, lanes, roads):
                    send = roads[event.symbol]
                if send is not None:
                    booked = send(event)
                    if booked:
                        continue
                    if booked is None:
                        _settle_up(lanes)
                        lanes[event.symbol][0].look(event)
                        continue
            _settle_up(lanes)
            apply(work, event)
        _settle_up(lanes)


def _opened(work: Work, fill: Fill, lanes: dict[str, tuple[Lane, Send]], roads: dict[str, Send]) -> bool:
    """Open the lane of a fill's symbol, if there is one."""
    opened = open_lane(work, fill)
    if opened is None:
        return False
    lanes[fill.symbol] = opened
    roads[fill.symbol] = opened[1]
    return True


def _settle_up(lanes: dict[str, tuple[Lane, Send]]) -> None:
    """Bring every line up to date before anything else looks."""
    for lane, send in lanes.values():
        if lane.begun:
            send(None)


def apply(work: Work, event: Event) -> None:
    """Book one fact. A retraction changes nothing here: the journal takes its target out of the facts."""
    match event:
        case Fill():
            book_fill(work, event)
        case TransferArrived():
            flows.book_transfer(work, event)
        case FundingPaid():
            flows.book_funding(work, event)
        case InterestPaid() | RewardReceived() | RebateReceived():
            flows.book_income(work, event)
        case FeePaid():
            flows.book_fee(work, event)
        case Converted():
            openings.book_conversion(work, event)
        case Borrowed():
            flows.book_loan(work, event)
        case Settled():
            flows.book_settlement(work, event)
        case Opening():
            openings.book_opening(work, event)
        case Adjustment():
            flows.book_adjustment(work, event)
        case CostGiven():
            openings.book_cost(work, event)
        case Retracted():
            pass
        case _:
            assert_never(event)
