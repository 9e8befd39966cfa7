"""Pulls from the source at the screen's pace; frozen, it only counts what is missed.

Nothing is built while the source's version stands still, but once a second all is looked at again: that a stream went
quiet changes no version.
"""

from __future__ import annotations

from account_cli.errors import AcctError
from account_cli.ports import ScreenSource
from account_cli.reports.rows import Screenful

LOOK_AGAIN_S = 1.0


class Feed:
    """What is shown now, and what is kept back. Times are seconds of a clock that never goes back."""

    def __init__(self, source: ScreenSource) -> None:
        self._source = source
        self._version: int | None = None
        self._looked = float("-inf")
        self.shown: Screenful | None = None
        self.frozen = False
        self.missed = 0
        self.error: str | None = None
        """Why there is nothing new, in the source's words; what was shown last stays."""

    def pull(self, now: float) -> bool:
        """Look at the source; True when ``shown`` is new."""
        try:
            version = self._source.version
            changed = version != self._version
            self._version = version
            if self.frozen:
                self.missed += changed
                return False
            if not changed and now - self._looked < LOOK_AGAIN_S:
                return False
            self._looked = now
            self.shown = self._source.screenful()
            self.error = None
        except AcctError as error:
            self.error = error.message
            return False
        return True

    def acknowledge(self, alert: int) -> None:
        """Say that an alert is seen; raises ``AcctError``."""
        self._source.acknowledge(alert)

    def freeze(self) -> None:
        """Stop the picture, or let it go on from where the source is now."""
        self.frozen = not self.frozen
        self.missed = 0
        if not self.frozen:
            self._version = None
