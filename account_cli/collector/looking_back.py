"""When the facts do not add up to what the exchange says is held, history is walked again, from further back.

An exchange may tell of funding or a fee long after it told of what came later. A cursor knows nothing of that: it has
passed. The balance does. A difference that stays the same over two sweeps is no matter of timing, so the next walk
begins an hour earlier, then a day, and so on, ever more rarely, until it is explained. What is put down to the time
before history, or was corrected, is looked into a few times only: most often that is what it is. Fills that the
exchange counts and nobody told are looked for like a balance.
"""

from __future__ import annotations

from account_cli.collector.delivery import Unexplained
from account_cli.domain.money import plain

UNEXPLAINED = "unexplained"
"""The code of the notice that says so."""
_REACHES_S = (3600, 3600, 86_400)
"""How much further back the walks begin, by turns."""
_MOST_WAIT = 60
"""Sweeps between two walks from further back, at most."""
_FOR_OPENINGS = 6
"""Walks from further back for what is put down to the time before history, at most."""


class LookingBack:
    """Remembers what was unexplained from sweep to sweep, and says when to look further back."""

    def __init__(self) -> None:
        self._items: frozenset[Unexplained] = frozenset()
        self._lasting: frozenset[Unexplained] = frozenset()
        self._same = self._tries = 0
        self._told = False

    def found(self, items: tuple[Unexplained, ...]) -> None:
        """Take what the books of one sweep leave unexplained."""
        before, self._lasting = self._lasting, self._items & frozenset(items)
        self._items = frozenset(items)
        if not self._lasting or any(not one.before_history for one in self._lasting - before):
            self._same = self._tries = 0  # nothing was looked into yet for what is new
            self._told = False
        if self._lasting:
            self._same += 1

    def reach_s(self) -> int:
        """Return how many seconds further back the next walk shall begin; 0 for no further than usual."""
        if not self._lasting or self._same < min(_MOST_WAIT, 2**self._tries):
            return 0
        if self._tries >= _FOR_OPENINGS and all(one.before_history for one in self._lasting):
            return 0
        reach = _REACHES_S[self._tries % len(_REACHES_S)]
        self._tries, self._same = self._tries + 1, 0
        return reach

    def news(self) -> str | None:
        """Return what to tell, once, when all reaches were tried and something stays unexplained."""
        lasting = sorted(one for one in self._lasting if not one.before_history)
        if self._told or self._tries <= len(_REACHES_S) or not lasting:
            return None
        self._told = True
        parts = [f"{plain(one.amount)} {one.asset} ({one.wallet})" for one in lasting]
        more = f" and {len(parts) - 5} more" if len(parts) > 5 else ""
        what = f"{', '.join(parts[:5])}{more}"
        return f"the exchange tells of what no fact explains: {what}; history was read again a day back"
