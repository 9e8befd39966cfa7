"""Rows are put in order when nobody is reading them, and stay where they are while somebody is.

``settle`` with ``hold`` keeps every row that was there in its place relative to the others; a new row comes right
behind the row that it would follow if all were sorted afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

R = TypeVar("R")


def sort_keys(rows: Mapping[str, R], value: Callable[[R], Any] | None, *, reverse: bool) -> list[str]:
    """Return the keys of ``rows`` sorted by ``value``: ties as given, rows without a value last.

    Without ``value`` they stay as given, or turned round.
    """
    if value is None:
        return list(rows)[::-1] if reverse else list(rows)
    values = {key: value(row) for key, row in rows.items()}
    known = [key for key, found in values.items() if found is not None]
    known.sort(key=values.__getitem__, reverse=reverse)
    return known + [key for key, found in values.items() if found is None]


def settle(old: Sequence[str], target: Sequence[str], *, hold: bool) -> list[str]:
    """Return the order to show: ``target`` itself, or with ``hold`` the old order with rows gone and rows come."""
    if not hold:
        return list(target)
    wanted, before = set(target), set(old)
    behind: dict[str | None, list[str]] = {}
    last: str | None = None
    for key in target:
        if key in before:
            last = key
        else:
            behind.setdefault(last, []).append(key)
    result = behind.get(None, [])
    for key in old:
        if key in wanted:
            result.append(key)
            result += behind.get(key, ())
    return result


def matches(words: str, pattern: str) -> bool:
    """True when every word of ``pattern`` occurs in ``words`` or, with ``!`` before it, does not; case is ignored."""
    text = words.casefold()
    return all(_holds(text, part) for part in pattern.casefold().split())


def _holds(text: str, part: str) -> bool:
    if part.startswith("!"):
        return len(part) == 1 or part[1:] not in text
    return part in text
