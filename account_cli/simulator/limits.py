"""Exchanges count calls on wall time; these are their two ways of counting."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

SECOND = 1_000_000_000


@dataclass(slots=True)
class DecayingCounter:
    """Each call adds, time takes away, and beyond ``top`` a call is refused.

    docs.kraken.com, Spot REST, API rate limits: 15 (Starter) or 20 (Intermediate, Pro); 0.33, 0.5 or 1 a second.
    """

    top: int = 20
    decay_per_s: Decimal = Decimal("0.5")
    value: Decimal = Decimal(0)
    most: Decimal = Decimal(0)
    """The highest it ever was."""
    _at_ns: int = 0

    def admit(self, cost: int, now_ns: int) -> bool:
        """Count a call of that cost; False, and nothing counted, when it goes beyond the top."""
        passed = Decimal(max(0, now_ns - self._at_ns)) / SECOND
        self.value = max(Decimal(0), self.value - passed * self.decay_per_s)
        self._at_ns = now_ns
        if self.value + cost > self.top:
            return False
        self.value += cost
        self.most = max(self.most, self.value)
        return True


@dataclass(slots=True)
class MinuteWeight:
    """Weights add up within a calendar minute; beyond ``top`` calls are refused until the next.

    developers.binance.com, USDⓈ-M futures, General Info, LIMITS: 2400 a minute for an address; 429 and then 418.
    """

    top: int = 2400
    used: int = 0
    most: int = 0
    refused: int = field(default=0)
    _minute: int = 0

    def admit(self, weight: int, now_ns: int) -> bool:
        """Count a call of that weight; False when the minute is used up."""
        minute = now_ns // (60 * SECOND)
        if minute != self._minute:
            self._minute, self.used, self.refused = minute, 0, 0
        self.used += weight
        self.most = max(self.most, self.used)
        if self.used > self.top:
            self.refused += 1
            return False
        return True

    def seconds_left(self, now_ns: int) -> int:
        """Seconds until the next minute, at least one."""
        return 60 - now_ns // SECOND % 60
