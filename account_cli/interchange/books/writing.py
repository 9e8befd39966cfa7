"""What the books share: the next day, and a text that stays a text whatever stands in it."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def day_after(day: str) -> str:
    """Return the next day."""
    return (datetime.fromisoformat(day) + timedelta(days=1)).strftime("%Y-%m-%d")


def shown(text: str, special: str = "") -> str:
    """Return ``text`` on one line; what steers a terminal or turns its direction, and ``special``, as a code point."""
    if text.isascii() and text.isprintable() and not any(c in text for c in special):
        return text
    return "".join(f"<U+{ord(c):04X}>" if c in special or unicodedata.category(c) in _HIDDEN else c for c in text)
