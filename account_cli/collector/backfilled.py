"""What a catch-up found, in words: ``2 fills and 1 transfer back-filled``."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable

from account_cli.collector.delivery import Receipt
from account_cli.domain.identity import kind_of
from account_cli.domain.times import MINUTE
from account_cli.errors import AcctError
from account_cli.ports import JournalReader

_WORDS = {
    "fill": ("fill", "fills"),
    "transfer": ("transfer", "transfers"),
    "funding": ("funding payment", "funding payments"),
    "interest": ("interest payment", "interest payments"),
    "reward": ("reward", "rewards"),
    "rebate": ("rebate", "rebates"),
    "fee": ("fee", "fees"),
    "conversion": ("conversion", "conversions"),
    "borrow": ("loan entry", "loan entries"),
    "settlement": ("settlement", "settlements"),
    "adjustment": ("adjustment", "adjustments"),
}


class BackFilled:
    """Counts what became known of one account while its stream was lost, whoever told it."""

    def __init__(self, memory: JournalReader, account: str) -> None:
        self._memory, self._account = memory, account
        self.losses = 0
        """How often the stream was lost; a catch-up that began before the last one does not answer for it."""
        self._line: int | None = None
        """The journal's last line when a live stream was lost."""
        self._newest_ns = 0
        """When the newest fact of then happened: what is much older is history being read back."""

    def lost(self) -> None:
        """From here on what becomes known is back-filled, until it is asked what was found.

        Where the database is what was lost, only what the catch-up itself brings is counted.
        """
        self.losses += 1
        if self._line is None:
            self._mark()

    def _mark(self) -> None:
        with contextlib.suppress(AcctError):
            newest = next(self._memory.events(self._account, newest_first=True, limit=1), None)
            line = self._memory.head(self._account)
            self._line, self._newest_ns = line, 0 if newest is None else newest.time_ns

    def found(self, receipts: Iterable[Receipt], losses: int) -> str | None:
        """Return in words what is new since the loss; where nothing was lost, what these deliveries brought.

        ``losses`` is how many there were when the catch-up began: of a later one, the next catch-up tells the rest.
        """
        line, self._line = self._line, None
        if losses != self.losses:
            self._mark()
        counted: Counter[str] = Counter()
        if line is None:
            for receipt in receipts:
                counted.update(receipt.kinds)
        else:
            since_ns = self._newest_ns - MINUTE
            entries = self._memory.entries_since(self._account, line)
            fresh = (one for one in entries if not one.revision and one.event.time_ns >= since_ns)
            counted.update(kind_of(one.event) for one in fresh)
        return in_words(counted)


def in_words(counted: Counter[str]) -> str | None:
    """Return how many new facts of each kind there were, fills first; None when there was nothing new."""
    known = [kind for kind in _WORDS if counted[kind]]
    parts = [f"{counted[kind]:,} {_WORDS[kind][counted[kind] != 1]}" for kind in known]
    others = sum(number for kind, number in counted.items() if kind not in _WORDS)
    if others:
        parts.append(f"{others:,} other fact{'s' * (others != 1)}")
    if len(parts) > 1:
        parts = [", ".join(parts[:-1]) + " and " + parts[-1]]
    return parts[0] if parts else None


def told_of(why: str | None, found: str | None) -> str:
    """Return the notice of a catch-up that is done; ``why`` is None for the first one of all."""
    if why is None:
        return f"live, {found} caught up" if found else "live"
    done = {"start": "reconnected", "gap": "looked for what was lost"}.get(why, "moved to a new connection")
    return f"{done}: {found} back-filled" if found else f"{done}: nothing was missed"
