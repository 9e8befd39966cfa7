"""Named points at which a test may have this process killed, as if the power had failed just there.

``fault`` does nothing unless the environment variable ``ACCT_FAULT`` names a point, and perhaps the how-manieth time it
is passed: ``after_inbox_commit`` or ``after_inbox_commit:3``. Only tests set it. All that is to be held is in the
database by then, so that the next start must come to the same end from every one of them.
"""

from __future__ import annotations

import itertools
import os
import signal

POINTS = (
    "after_receiving",
    "after_inbox_commit",
    "before_ledger_commit",
    "after_ledger_commit",
    "between_page_and_cursor",
    "before_cursor_commit",
    "after_cursor_commit",
    "during_snapshot",
    "during_migration",
    "during_retention",
)
"""Where whoever collects comes by."""
ASKED_FOR = ("before_correction_commit", "after_correction_commit")
"""Where one comes by only when a person asks for it."""
RELAYING = ("before_sending", "after_sending", "after_settling")
"""Where one comes by only when a bus is configured."""
ALERTING = ("before_alert_commit", "after_alert_commit", "before_telling", "after_telling", "after_told_commit")
"""Where one comes by only when an alert is given, and told."""
_NAME, _, _TIMES = os.environ.get("ACCT_FAULT", "").partition(":")
_passes = itertools.count(1)


def _nothing(point: str) -> None:
    """Go on."""


def _kill(point: str) -> None:
    if point == _NAME and next(_passes) == int(_TIMES or 1):
        os.kill(os.getpid(), signal.SIGKILL)


fault = _kill if _NAME in (*POINTS, *ASKED_FOR, *RELAYING, *ALERTING) else _nothing
