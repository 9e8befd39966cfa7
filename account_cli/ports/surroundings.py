"""Time and screens, as the core sees them."""

from __future__ import annotations

from typing import Protocol

from account_cli.reports.rows import Screenful


class Clock(Protocol):
    """The only source of time in the core."""

    def now_ns(self) -> int:
        """Wall time, nanoseconds since 1970 UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for deadlines."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class ScreenSource(Protocol):
    """What a screen draws; it pulls at its own pace, so a fast market costs a slow terminal nothing."""

    @property
    def version(self) -> int:
        """Changes whenever there is something new to draw."""
        ...

    def screenful(self) -> Screenful:
        """Build all that is to be shown now."""
        ...

    def acknowledge(self, alert: int, /) -> object:
        """Say that an alert is seen, by its ``id``; may wait for a database, and raises ``AcctError``."""
        ...
