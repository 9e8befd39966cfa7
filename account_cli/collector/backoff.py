"""Wait longer after each failure, never for ever, and never in step with others."""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """Delays that double from ``first`` to ``most`` seconds, each drawn between half of it and all of it."""

    def __init__(self, first: float, most: float, draw: Callable[[], float]) -> None:
        self._first, self._most, self._draw = first, most, draw
        self._failures = 0

    def reset(self) -> None:
        """Start over: it worked."""
        self._failures = 0

    def delay(self, at_least: float | None = None) -> float:
        """Return the seconds to wait after a further failure; not less than the exchange asked for."""
        whole = min(self._most, self._first * float(2 ** min(self._failures, 30)))
        self._failures += 1
        return max(whole * (0.5 + self._draw() / 2), at_least or 0.0)
