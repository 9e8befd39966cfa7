"""How data frames leave a simulated exchange: once, or twice, late, shuffled, damaged, or not at all.

Heartbeats are not data: only silence takes them away. Acknowledgements and pongs never come through here.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

Text = str | bytes
"""A frame; bytes are sent as a text frame too, whether or not they are UTF-8."""
Put = Callable[[Text], None]
Damage = Callable[[str, random.Random], Text]
"""Makes of a frame what arrives instead."""


@dataclass(slots=True)
class Delivery:
    """The switches; counters run down to zero as the fault is played, and what is held back leaves in the end."""

    source: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311  # not for secrets
    silent: bool = False
    """Connections stay open and answer pings, but nothing else is sent; what would have been sent is lost."""
    heartbeats: bool = True
    doubled: bool = False
    """Every frame is sent twice."""
    duplicates: int = 0
    """So many of the next frames are sent twice."""
    echoes: int = 0
    """So many of the next frames come again, up to three times, within ``late_s``."""
    late: int = 0
    """So many of the next frames come ``late_s`` after those behind them."""
    late_s: float = 1.0
    lost: int = 0
    """So many of the next frames never leave."""
    damages: deque[Damage] = field(default_factory=deque)
    """What befalls the next frames, one each."""
    window_s: float = 0.0
    """The frames of so many seconds leave together, in another order."""
    _held: list[tuple[Put, Text]] = field(default_factory=list)

    def send(self, text: str, put: Put) -> None:
        """Let a frame of data leave through ``put``, now or later."""
        if self.silent:
            return
        if self.lost > 0:
            self.lost -= 1
            return
        frame: Text = self.damages.popleft()(text, self.source) if self.damages else text
        if self.window_s:
            if not self._held:
                asyncio.get_running_loop().call_later(self.window_s, self._shuffled)
            self._held.append((put, frame))
            return
        if self.late > 0:
            self.late -= 1
            asyncio.get_running_loop().call_later(self.late_s, put, frame)
            return
        put(frame)
        if self.doubled or self.duplicates > 0:
            self.duplicates = max(0, self.duplicates - 1)
            put(frame)
        if self.echoes > 0:
            self.echoes -= 1
            for _ in range(self.source.randint(1, 3)):
                asyncio.get_running_loop().call_later(self.source.uniform(0, self.late_s), put, frame)

    def beat(self, text: str, put: Put) -> None:
        """Let a heartbeat leave."""
        if self.heartbeats and not self.silent:
            put(text)

    def _shuffled(self) -> None:
        held, self._held = self._held, []
        self.source.shuffle(held)
        for put, frame in held:
            put(frame)
