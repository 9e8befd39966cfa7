"""A figure against what it is held to: a breach of the gravest level it is beyond, none, or not to be told.

A figure on the edge must not flap: once a rule fires, the figure has to come back beyond the threshold by ``clear_pct``
percent of it before that counts as none.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from account_cli.alerts.reading import Reading
from account_cli.alerts.rules import Severity
from account_cli.alerts.settings import Standard
from account_cli.reports.arithmetic import exactly

_HUNDRED = Decimal(100)


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What a reading comes to; ``severity`` and ``threshold`` are of the level that it breaches, or is held to."""

    is_: Literal["breach", "clear", "unknown"]
    severity: Severity
    threshold: Decimal
    value: Decimal | None
    text: str


@exactly
def judge(reading: Reading, standard: Standard, *, firing: bool) -> Judgement | None:
    """Return what the reading comes to while its rule is firing, or is not; None when it is held to nothing."""
    if not standard.levels:
        return None
    lowest = standard.levels[-1]
    if reading.value is None:
        return _judged("unknown", reading, lowest.severity, lowest.threshold)
    if reading.amount is not None and reading.amount <= standard.absolute:
        return _judged("clear", reading, lowest.severity, lowest.threshold)
    for level in standard.levels:
        if _beyond(reading.value, level.threshold, above=standard.rule.above):
            if reading.may_be_better:
                return _judged("unknown", reading, level.severity, level.threshold)
            return _judged("breach", reading, level.severity, level.threshold)
    margin = abs(lowest.threshold) * standard.clear_pct / _HUNDRED
    edge = lowest.threshold - margin if standard.rule.above else lowest.threshold + margin
    if firing and _beyond(reading.value, edge, above=standard.rule.above):
        return _judged("breach", reading, lowest.severity, lowest.threshold)
    return _judged("clear", reading, lowest.severity, lowest.threshold)


def _beyond(value: Decimal, threshold: Decimal, *, above: bool) -> bool:
    return value > threshold if above else value < threshold


def _judged(
    is_: Literal["breach", "clear", "unknown"], reading: Reading, severity: Severity, threshold: Decimal
) -> Judgement:
    return Judgement(is_=is_, severity=severity, threshold=threshold, value=reading.value, text=reading.text)
