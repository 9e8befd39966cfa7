"""A wrong name is answered with the right one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """Return the choice most like ``name``, whatever its case; None when none is like it."""
    from difflib import get_close_matches

    by_lower = {choice.lower(): choice for choice in choices}
    found = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, choices: Iterable[str]) -> str | None:
    """Return ``did you mean 'x'?`` for the nearest choice, or None."""
    best = nearest(name, choices)
    return None if best is None else f"did you mean {best!r}?"
