"""How trading went, counted per closing or per round trip.

A closing is what one fill realised; a round trip is everything from flat to flat, funding included (a reversal ends one
and begins the next). Gains are net of fees. Break-even counts apart: it is neither won nor lost. What has unknown cost
has no gain and is not counted. A fee paid in kind realises a gain but is no trade (``closings.TRADES``).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Literal

import msgspec

from account_cli.domain.money import MONEY, ZERO
from account_cli.ledger.closings import TRADES, Closing

_HUNDRED = Decimal(100)


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Rates in percent, amounts in the gains' currency; None where there is nothing to divide by.

    ``average_loss`` is zero or less; ``profit_factor`` = won ÷ |lost|, None without losses; ``payoff`` = average win ÷
    |average loss|; ``expectancy`` is the mean gain, break-even included.
    """

    count: int
    winning: int
    losing: int
    even: int
    total: Decimal
    won: Decimal
    lost: Decimal
    win_rate: Decimal | None
    average_win: Decimal | None
    average_loss: Decimal | None
    profit_factor: Decimal | None
    payoff: Decimal | None
    expectancy: Decimal | None
    best: Decimal | None
    worst: Decimal | None


class RoundTrip(msgspec.Struct, frozen=True, kw_only=True):
    """From flat to flat; ``gain`` = realised + funding. ``open`` when the last one has not come back to flat."""

    account: str
    wallet: str
    symbol: str
    side: Literal["long", "short"]
    currency: str
    closed_ns: int
    closings: int
    gain: Decimal
    open: bool


def statistics(gains: Iterable[Decimal]) -> Statistics:
    """Return the statistics of these gains, all in one currency."""
    with localcontext(MONEY):
        rows = list(gains)
        wins = [gain for gain in rows if gain > ZERO]
        losses = [gain for gain in rows if gain < ZERO]
        won, lost = sum(wins, ZERO), sum(losses, ZERO)
        average_win = won / len(wins) if wins else None
        average_loss = lost / len(losses) if losses else None
        decided = len(wins) + len(losses)
        return Statistics(
            count=len(rows),
            winning=len(wins),
            losing=len(losses),
            even=len(rows) - decided,
            total=won + lost,
            won=won,
            lost=lost,
            win_rate=_HUNDRED * len(wins) / decided if decided else None,
            average_win=average_win,
            average_loss=average_loss,
            profit_factor=won / -lost if losses else None,
            payoff=average_win / -average_loss if average_win is not None and average_loss is not None else None,
            expectancy=(won + lost) / len(rows) if rows else None,
            best=max(rows, default=None),
            worst=min(rows, default=None),
        )


def gains(closings: Iterable[Closing]) -> list[Decimal]:
    """Return the known gains of what was traded."""
    return [c.realized_pnl for c in closings if c.kind in TRADES and c.realized_pnl is not None]


def round_trips(closings: Iterable[Closing]) -> list[RoundTrip]:
    """Group closings, in order, into round trips, by the time they ended; unfinished ones last, marked ``open``.

    Each is looked at once and let go of: of a trip that lasts for years no more is kept than of one of a minute.
    """
    running: dict[tuple[str, str, str, str, str], RoundTrip] = {}
    done: list[RoundTrip] = []
    with localcontext(MONEY):
        for closing in closings:
            if closing.kind not in TRADES:
                continue
            key = (closing.account, closing.wallet, closing.symbol, closing.side, closing.currency)
            running[key] = _with(running.get(key), closing)
            if closing.flat:
                done.append(running.pop(key))
        return done + list(running.values())


def _with(trip: RoundTrip | None, closing: Closing) -> RoundTrip:
    return RoundTrip(
        account=closing.account,
        wallet=closing.wallet,
        symbol=closing.symbol,
        side=closing.side,
        currency=closing.currency,
        closed_ns=closing.time_ns,
        closings=1 if trip is None else trip.closings + 1,
        gain=(ZERO if trip is None else trip.gain) + ((closing.realized_pnl or ZERO) + closing.funding),
        open=not closing.flat,
    )
