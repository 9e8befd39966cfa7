"""What may have caused a difference, most likely first: said as a possibility, never as a finding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from account_cli.domain.events import Fill
from account_cli.domain.health import Coverage, gaps, reaches
from account_cli.domain.times import format_time
from account_cli.reconciliation.records import Item


def hints(item: Item, coverage: Sequence[Coverage], recent: Iterable[Fill]) -> tuple[str, ...]:
    """Return sentences; ``recent`` are the newest fills of the account, in any order."""
    if item.kind == "order" and item.exchange is None:
        return ("the exchange lists it as open no longer, and has not said how it ended",)
    if item.state == "unknown":
        side = "the exchange does not state" if item.exchange is None else "the ledger does not say"
        return (f"{side} what is in the wallet {item.wallet!r}",)
    if item.as_of_ns is not None:
        return (f"the exchange still states what was so before {format_time(item.as_of_ns)}: its answer is late",)
    found = [
        f"{gap.kind}{f' of {gap.scope}' if gap.scope else ''} between {format_time(gap.since_ns)} and "
        f"{format_time(gap.until_ns)} are not known yet"
        for gap in gaps(coverage)
    ]
    if item.kind == "balance":
        found += [
            f"the fee of fill {fill.id} ({fill.symbol}, {format_time(fill.time_ns)}) is not told yet"
            for fill in recent
            if fill.fees is None and fill.wallet == item.wallet
        ]
    for reach in reaches(coverage).values():
        found += [f"{reach.kind} of {what} cannot be asked for" for what in reach.lacks]
        if not reach.whole and not reach.kept_only:
            found.append(f"{reach.kind} before {format_time(reach.since_ns)} are not read yet")
    return tuple(found)
