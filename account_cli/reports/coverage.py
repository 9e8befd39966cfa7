"""What is proved to be known of each account's past, kind by kind or part by part, and where it has gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from account_cli.domain.health import Coverage, gaps, scopes
from account_cli.reports.accounts import followed_kinds, history_reasons
from account_cli.reports.rows import Report
from account_cli.reports.view import AccountView


class GapRow(msgspec.Struct, frozen=True, kw_only=True):
    """Facts between ``from_at`` and ``until_at`` may be missing; ``part`` None is the whole account."""

    part: str | None
    from_at: int
    until_at: int


class CoverageRow(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of facts, or one ``part`` of it (a market's symbol, a history's name), and how far back it is known.

    ``from_at`` is None when all is known from the account's first fact on. ``begins`` says why it does not reach
    further back: ``start`` (there is nothing older), ``kept`` (the exchange keeps nothing older), ``reading`` (what is
    older is not read yet), ``unread`` (nothing is known to be complete). ``newest_at`` is the time of the newest fact
    it was proved with; ``asked_at`` when the exchange was last asked for newer ones, None is never. ``lacks`` is what
    the exchange cannot be asked for.
    """

    account: str
    kind: str
    part: str | None
    begins: str
    from_at: int | None
    newest_at: int | None
    asked_at: int | None
    gaps: tuple[GapRow, ...]
    lacks: str | None
    complete: bool


def coverage(views: Sequence[AccountView], *, now_ns: int, parts: bool = False) -> Report[CoverageRow]:
    """Return a row for each account and kind of history; with ``parts`` for each part of it."""
    rows: list[CoverageRow] = []
    reasons: list[str] = []
    for view in views:
        found = scopes(view.coverage)
        for kind in dict.fromkeys([*followed_kinds(view), *(kind for kind, _ in found)]):
            mine = {scope: intervals for (its, scope), intervals in found.items() if its == kind}
            if not mine:
                rows.append(_unread(view.account, kind))
            elif not parts:
                rows.append(_row(view.account, kind, None, mine))
            else:
                names = {scope: scope or ("all others" if len(mine) > 1 else "all") for scope in mine}
                rows += [_row(view.account, kind, names[scope], {scope: mine[scope]}) for scope in mine]
        reasons += history_reasons(view)
    return Report(name="coverage", as_of=now_ns, items=tuple(rows), incomplete=tuple(reasons))


def is_read(row: CoverageRow) -> bool:
    """True when all that the exchange can be asked for has been read, without a gap."""
    return row.begins in {"start", "kept"} and not row.gaps


def _unread(account: str, kind: str) -> CoverageRow:
    return CoverageRow(
        account=account,
        kind=kind,
        part=None,
        begins="unread",
        from_at=None,
        newest_at=None,
        asked_at=None,
        gaps=(),
        lacks=None,
        complete=False,
    )


def _row(account: str, kind: str, part: str | None, mine: Mapping[str, list[Coverage]]) -> CoverageRow:
    oldest = [intervals[0] for intervals in mine.values()]
    newest = [intervals[-1] for intervals in mine.values()]
    missing = [
        GapRow(part=gap.scope or None, from_at=gap.since_ns, until_at=gap.until_ns)
        for gap in gaps(one for intervals in mine.values() for one in intervals)
    ]
    asked = [one.asked_ns for one in newest if one.asked_ns is not None]
    lacks = sorted({one.lacks for one in newest if one.lacks})
    begins = "start" if all(one.from_start for one in oldest) else "reading"
    if begins != "start" and all(one.from_start or one.kept_only for one in oldest):
        begins = "kept"
    return CoverageRow(
        account=account,
        kind=kind,
        part=part,
        begins=begins,
        from_at=max(one.since_ns for one in oldest) or None,
        newest_at=max(one.until_ns or 0 for one in newest) or None,
        asked_at=min(asked) if len(asked) == len(newest) else None,
        gaps=tuple(missing),
        lacks=", ".join(lacks) or None,
        complete=begins == "start" and not missing and not lacks,
    )
