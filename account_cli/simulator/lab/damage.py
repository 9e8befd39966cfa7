"""What can happen to a real frame on its way: cut off, not UTF-8, a field gone, empty, renamed or unheard of."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

from account_cli.simulator.wire import dumps

_WORDS = frozenset(
    ["channel", "type", "exec_type", "order_status", "order_type", "side", "liquidity_ind", "e", "x", "X", "S", "o"]
)
"""Fields that hold one of a few words, at Kraken and at Binance."""
_BIG = 11 * 1024 * 1024


def cut_off(text: str, source: random.Random) -> str:
    """Return the frame up to some byte."""
    return text[: source.randrange(1, len(text))]


def not_utf8(text: str, source: random.Random) -> bytes:
    """Return the frame with a byte in it that UTF-8 has not."""
    place = source.randrange(1, len(text))
    return text[:place].encode() + b"\xff" + text[place:].encode()


def huge(text: str, _source: random.Random) -> str:
    """Return the frame with eleven megabytes of spaces behind it, more than the client library takes."""
    return text + " " * _BIG


def null_field(text: str, source: random.Random) -> str:
    """Return the frame with one field null."""
    frame, holder, key = _any_field(text, source)
    holder[key] = None
    return dumps(frame)


def dropped_field(text: str, source: random.Random) -> str:
    """Return the frame without one of its fields."""
    frame, holder, key = _any_field(text, source)
    del holder[key]
    return dumps(frame)


def renamed_field(text: str, source: random.Random) -> str:
    """Return the frame with one field under another name."""
    frame, holder, key = _any_field(text, source)
    holder[f"{key}_"] = holder.pop(key)
    return dumps(frame)


def unknown_word(text: str, source: random.Random) -> str:
    """Return the frame with a word in it that nobody has heard of."""
    frame = json.loads(text, parse_float=Decimal)
    holder, key = source.choice([(holder, key) for holder, key in _fields(frame) if key in _WORDS] or _fields(frame))
    holder[key] = "no_such_word"
    return dumps(frame)


def _any_field(text: str, source: random.Random) -> tuple[Any, dict[str, Any], str]:
    frame = json.loads(text, parse_float=Decimal)
    return frame, *source.choice(_fields(frame))


def _fields(value: object) -> list[tuple[dict[str, Any], str]]:
    """Return every field there is, at any depth, with the object it is in."""
    if isinstance(value, list):
        return [found for item in value for found in _fields(item)]
    if not isinstance(value, dict):
        return []
    return [(value, key) for key in value] + [found for item in value.values() for found in _fields(item)]
