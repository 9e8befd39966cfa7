"""Where facts may be missing, history is asked for again: over the first bad interval, and if need be further back.

A difference that was seen to agree once came after that, so far the first walk reaches, and an hour further: exchanges
date a fact when it began. What lies deeper is asked for once that was in vain: a fact of long ago may be told late.
"""

from __future__ import annotations

from collections.abc import Sequence

from account_cli.domain.times import DAY, HOUR, SECOND
from account_cli.reconciliation.records import Run

_MARGIN_NS = HOUR
_NEVER_AGREED_NS = 30 * DAY
"""How far back to look at last for what has differed since the first comparison."""


def further_back(run: Run, now_ns: int, tried_s: Sequence[int], corrected_ns: int | None = None) -> int | None:
    """Return how many seconds further back history shall be asked for after those reaches; None for no further.

    ``corrected_ns`` is the time of the oldest correction that shall be explained too.
    """
    breaks = [item for item in run.items if item.state == "unexplained"]
    reaches: list[int] = []
    if breaks:
        agreed = [item.clean_ns for item in breaks if item.clean_ns is not None]
        narrowest = max(0, now_ns - min(agreed)) + _MARGIN_NS if agreed else HOUR
        reaches = [narrowest, DAY, *([_NEVER_AGREED_NS] if len(agreed) < len(breaks) else [])]
    if corrected_ns is not None:
        reaches.append(min(max(0, now_ns - corrected_ns) + DAY, _NEVER_AGREED_NS))
    beyond = max(tried_s, default=0) * SECOND
    wanted = sorted(reach for reach in reaches if reach >= beyond + SECOND)
    return wanted[0] // SECOND if wanted else None
