"""The only package that knows every adapter: it fills the holes of the core and runs it.

Each function is the whole of one command's work; ``cli`` checks arguments before and writes out after. What a function
needs is loaded when it is first asked for: a command that only reads loads neither exchange library nor screen.

``reading``     committed data for the read commands
``collecting``  readers, leases, one writer, a collector an account; ``fleet`` which accounts those are
``keys``       what a key may do, and whether another has taken its place
``headless``    collecting without a screen; ``health`` who collects what, and whether all answers
``watching``    the full screen, change lines, a screen as text
``polling``     one REST pass
``handing_over`` what another process does already, it is asked to do
``carrying``    files in; ``exporting`` rows out
``closing``     figures of a period, locked
``reconciling`` ask, compare, ask again
``alerting``    rules and channels beside the collectors; ``asking_alerts`` what they said
``costs``       what a person says a lot had cost
``rebuilding``  everything again from the facts
``databases``   upgraded, checked, backed up, put back, measured, copied
``replaying``   the facts again from what was received
``doctor``     what acct needs, looked at; ``doctor_exchanges`` the part of it that asks them
``demo``        the built-in exchanges
``redis``       what others hear: told, made anew, looked at
``stopping``    signals
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from account_cli.redaction import Redactor

if TYPE_CHECKING:
    from account_cli.bootstrap.asking_alerts import acknowledge_alert, alerts_of, mute_rule, rules_now, try_channel
    from account_cli.bootstrap.carrying import import_files
    from account_cli.bootstrap.closing import ClosedFigure, ClosedPeriod, close_period, closed_periods
    from account_cli.bootstrap.costs import set_cost
    from account_cli.bootstrap.databases import (
        back_up,
        check_database,
        copy_database,
        measure_database,
        restore,
        upgrade,
        vacuum,
    )
    from account_cli.bootstrap.demo import demo, faults, simulate
    from account_cli.bootstrap.doctor import examine
    from account_cli.bootstrap.headless import collect, stop_collecting
    from account_cli.bootstrap.health import health_of, status_of
    from account_cli.bootstrap.keys import key_page, key_rights
    from account_cli.bootstrap.outbox import outbox, retry_outbox
    from account_cli.bootstrap.polling import PollSummary, poll
    from account_cli.bootstrap.reading import Reading, reading
    from account_cli.bootstrap.rebuilding import RebuildReport, rebuild
    from account_cli.bootstrap.reconciling import Asked, Outcome, proof_of, reconcile, run_of, runs
    from account_cli.bootstrap.redis import Rebuilt, rebuild_cache
    from account_cli.bootstrap.replaying import replay
    from account_cli.bootstrap.watching import watch, watch_plain

REDACTOR = Redactor()
"""The one redactor of this process: whoever writes a text asks it, whoever reads a secret tells it."""

__all__ = [
    "REDACTOR",
    "Asked",
    "ClosedFigure",
    "ClosedPeriod",
    "Outcome",
    "PollSummary",
    "Reading",
    "RebuildReport",
    "Rebuilt",
    "acknowledge_alert",
    "alerts_of",
    "back_up",
    "check_database",
    "close_period",
    "closed_periods",
    "collect",
    "copy_database",
    "demo",
    "examine",
    "faults",
    "health_of",
    "import_files",
    "key_page",
    "key_rights",
    "measure_database",
    "mute_rule",
    "outbox",
    "poll",
    "proof_of",
    "reading",
    "rebuild",
    "rebuild_cache",
    "reconcile",
    "replay",
    "restore",
    "retry_outbox",
    "rules_now",
    "run_of",
    "runs",
    "set_cost",
    "simulate",
    "status_of",
    "stop_collecting",
    "try_channel",
    "upgrade",
    "vacuum",
    "watch",
    "watch_plain",
]

_WHERE = {
    **dict.fromkeys(("acknowledge_alert", "alerts_of", "mute_rule", "rules_now", "try_channel"), "asking_alerts"),
    "Asked": "reconciling",
    "Outcome": "reconciling",
    "proof_of": "reconciling",
    "reconcile": "reconciling",
    "run_of": "reconciling",
    "runs": "reconciling",
    "ClosedFigure": "closing",
    "ClosedPeriod": "closing",
    "PollSummary": "polling",
    "Reading": "reading",
    "RebuildReport": "rebuilding",
    "back_up": "databases",
    "check_database": "databases",
    "close_period": "closing",
    "closed_periods": "closing",
    "collect": "headless",
    "copy_database": "databases",
    "demo": "demo",
    "examine": "doctor",
    "faults": "demo",
    "health_of": "health",
    "import_files": "carrying",
    "key_page": "keys",
    "key_rights": "keys",
    "measure_database": "databases",
    "poll": "polling",
    "reading": "reading",
    "Rebuilt": "redis",
    "outbox": "outbox",
    "rebuild_cache": "redis",
    "retry_outbox": "outbox",
    "rebuild": "rebuilding",
    "replay": "replaying",
    "restore": "databases",
    "set_cost": "costs",
    "simulate": "demo",
    "status_of": "health",
    "stop_collecting": "headless",
    "upgrade": "databases",
    "vacuum": "databases",
    "watch": "watching",
    "watch_plain": "watching",
}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(name)
    found: object = getattr(import_module(f"account_cli.bootstrap.{_WHERE[name]}"), name)
    globals()[name] = found  # importing has put the module of the same name there
    return found
