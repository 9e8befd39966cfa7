"""``[log]``: how much acct says of its own work, in which form, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("console", "json")
STDERR = "stderr"
COMPONENTS = (
    *("alerts", "bootstrap", "bus", "cli", "collector", "config", "engine", "exchanges", "interchange", "library"),
    *("notify", "observability", "simulator", "storage", "tui"),
)
"""Packages that say something; a level may also be of a module in one, ``engine.writing``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """All of ``[log]``. ``output`` is ``stderr`` or a file; ``levels`` are of single components."""

    level: str = "warning"
    format: str = "console"
    output: str = STDERR
    levels: Mapping[str, str] = field(default_factory=dict)
    traces: bool = False

    @property
    def is_file(self) -> bool:
        """True when records go to a file."""
        return self.output != STDERR


def log_config(given: Mapping[str, Any]) -> LogConfig:
    """Make it of values that were checked one by one."""
    return LogConfig(**given)
