"""Lets the processes that tests start be measured like the tests themselves, where the run is measured at all."""

from __future__ import annotations

import os

_NAMES = ("COVERAGE_PROCESS_START", "COVERAGE_FILE")


def covered() -> dict[str, str]:
    """Return what has to be in the environment of a process so that its lines are counted; nothing when none are."""
    return {name: os.environ[name] for name in _NAMES if name in os.environ}
