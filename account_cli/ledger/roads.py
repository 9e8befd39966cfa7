"""Which fills may go by the short road; a test drives every history down both roads."""

from __future__ import annotations

from collections.abc import Callable

from account_cli.domain.events import Fill
from account_cli.domain.money import ONE
from account_cli.ledger.lanes import Lane
from account_cli.ledger.lines import Line, spot_key
from account_cli.ledger.road import travel
from account_cli.ledger.work import Work

Send = Callable[[Fill | None], bool | None]


def open_lane(work: Work, fill: Fill) -> tuple[Lane, Send] | None:
    """Return a lane for the symbol of a fill; None where there is none, or none before a fill went the long way."""
    if fill.inverse or fill.position_side is not None:
        return None
    base, _, rest = fill.symbol.partition("/")
    quote, colon, _ = rest.partition(":")
    if fill.settle is None:
        line = None if colon else work.find(spot_key(base, quote))
    else:
        line = work.find((fill.wallet, fill.symbol, "", fill.settle))
    if line is None or line.kind not in {"spot", "linear"} or not _is_ready(work, line, fill):
        return None
    lane = Lane(work, line, fill, fill.settle or quote)
    if fill.settle is None:
        lane.base, lane.base_holding = work.cell(fill.wallet, base), work.holding(base)
    road = travel(lane)
    next(road)
    return lane, road.send


def _is_ready(work: Work, line: Line, fill: Fill) -> bool:
    """True when the long road would look up nothing new: the asset has its home, the contract its size."""
    if fill.settle is None:
        holding = work.holding(line.asset)
        return holding.tracked and holding.home is not None
    size = fill.contract_size
    if size is None:
        market = work.refs.instrument(fill.symbol)
        size = ONE if market is None else market.contract_size
    return line.size == size
