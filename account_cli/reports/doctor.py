"""What a look at everything that acct needs came to: a line for each thing, with the command that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from account_cli.errors import worst_exit

CheckState = Literal["ok", "warn", "fail"]
FINDINGS = 3


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. ``fix`` is what to do where it is not fine, ``exit_code`` what a failure means."""

    subject: str
    what: str
    state: CheckState
    detail: str
    fix: str | None = None
    exit_code: int = 0


class DoctorReport(msgspec.Struct, frozen=True, kw_only=True):
    """All that was looked at. ``state`` is the worst of them; ``exit_code`` that of the worst failure, 0 for none."""

    version: str
    as_of: int
    state: CheckState
    exit_code: int
    checks: tuple[Check, ...]


def fine(subject: str, what: str, detail: str) -> Check:
    """Return that something is as it should be."""
    return Check(subject=subject, what=what, state="ok", detail=detail)


def doubtful(subject: str, what: str, detail: str, fix: str | None = None) -> Check:
    """Return that something works, and had better be otherwise."""
    return Check(subject=subject, what=what, state="warn", detail=detail, fix=fix)


def failed(subject: str, what: str, detail: str, fix: str | None = None, *, exit_code: int = FINDINGS) -> Check:
    """Return that something does not work."""
    return Check(subject=subject, what=what, state="fail", detail=detail, fix=fix, exit_code=exit_code)


def summed(checks: Sequence[Check], *, version: str, now_ns: int) -> DoctorReport:
    """Sum the checks up: the worst failure decides (``errors.WORST_FIRST``); a doubt alone is no failure."""
    states = {check.state for check in checks}
    state: CheckState = "fail" if "fail" in states else "warn" if "warn" in states else "ok"
    code = worst_exit(check.exit_code for check in checks if check.state == "fail")
    return DoctorReport(version=version, as_of=now_ns, state=state, exit_code=code, checks=tuple(checks))
