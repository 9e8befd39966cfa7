"""Only what stands on a venue's read list is ever sent.

An entry of the list is ``METHOD section path``: the HTTP method, ccxt's name of the section of the interface (its
``api`` argument) and ccxt's template of the path, for example ``POST private TradesHistory``. The method alone says
nothing: Kraken reads with POST, Deribit trades with GET. ``Reads.check`` is asked where a request is signed, that is
before it exists; the transport then sends only what was approved there, and only to hosts the venue has.

Outgoing WebSocket frames pass ``check_frame``: subscribing, authenticating and pinging are allowed, nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import NamedTuple

from account_cli.errors import NotSupported

_VERB_FIELDS = ("method", "op", "event", "type", "action", "cmd", "command", "reqType", "request", "e")
_READING = re.compile(
    r"(?i)subscri|auth|log_?[io]n|ping|pong|challenge|hello|heart[_-]?beat|listen|keep-?alive|userDataStream"
    r"|^((un)?sub|req|connect)$"
)
_WRITING = re.compile(
    r"(?i)place|create|cancel|amend|edit|modify|replace|withdraw|transfer|batch|buy|sell"
    r"|(add|new|close)[ _.-]?(all|order|position)"
)


_OPERATIONS = {
    "kraken": frozenset({"subscribe", "unsubscribe", "ping"}),
    "binance": frozenset({"userDataStream.subscribe.signature", "userDataStream.unsubscribe", "ping"}),
    "binanceusdm": frozenset[str](),
}
"""What may be said on the sockets of the first-class venues, by ``method``; nothing else, in no other form."""


class Recorded(NamedTuple):
    """What was recorded of a venue: its read list, and which of ccxt's reads it has."""

    reads: tuple[str, ...]
    has: frozenset[str] = frozenset()


@cache
def recorded() -> dict[str, Recorded]:
    """Return what ``reads.json`` holds of every venue offered (made by ``tests/unit/exchanges/record_reads.py``)."""
    text = (resources.files(__package__) / "reads.json").read_text(encoding="utf-8")
    return {
        venue: Recorded(tuple(told["reads"]), frozenset(told.get("has", ())))
        for venue, told in json.loads(text).items()
    }


class Reads:
    """One venue's read list."""

    def __init__(self, venue: str, entries: Iterable[str] | None = None) -> None:
        self.venue = venue
        self.entries = frozenset(
            (recorded()[venue].reads if venue in recorded() else ()) if entries is None else entries
        )

    def check(self, method: str, section: object, path: str) -> None:
        """Raise ``NotSupported`` unless the request is on the list; nothing has been sent then."""
        if entry(method, section, path) not in self.entries:
            raise NotSupported(f"{self.venue}: {method} {path} is not on the read list, so it was not sent")

    def check_frame(self, message: object) -> None:
        """Raise ``NotSupported`` unless the outgoing WebSocket ``message`` only subscribes, authenticates or pings."""
        allowed = _OPERATIONS.get(self.venue)
        if not (reading_frame(message) if allowed is None else operation(message) in allowed):
            raise NotSupported(f"{self.venue}: a WebSocket message that does not only read was not sent")


def entry(method: str, section: object, path: str) -> str:
    """Write one request as the read list does; ``section`` is ccxt's ``api``, a name or a list of names."""
    name = section if isinstance(section, str) else ".".join(str(part) for part in _parts(section))
    return f"{method} {name} {path}"


def _parts(section: object) -> list[object]:
    return list(section) if isinstance(section, (list, tuple)) else [section]


def reading_frame(message: object) -> bool:
    """True when a WebSocket message, as an object or as text, only subscribes, authenticates or pings.

    What a message does is told by its verb, whatever the venue calls that field; one without any verb must not name
    anything that writes.
    """
    if isinstance(message, (bytes, bytearray)):
        message = bytes(message).decode("utf-8", "replace")
    if isinstance(message, str):
        try:
            message = json.loads(message)
        except ValueError:
            return _reading_verb(str(message))
    if isinstance(message, list):
        return all(reading_frame(part) for part in message)
    if not isinstance(message, dict):
        return isinstance(message, str) and _reading_verb(message)
    verbs = [value for field in _VERB_FIELDS if isinstance(value := message.get(field), str)]
    if verbs:
        return any(map(_reading_verb, verbs)) and not any(map(_WRITING.search, verbs))
    return _WRITING.search(json.dumps(message)) is None


def operation(message: object) -> str | None:
    """Return the ``method`` of a message that is one object, as an object or as its JSON; None for anything else."""
    if isinstance(message, str):
        try:
            message = json.loads(message)
        except ValueError:
            return None
    method = message.get("method") if isinstance(message, dict) else None
    return method if isinstance(method, str) else None


def _reading_verb(verb: str) -> bool:
    return _READING.search(verb) is not None and _WRITING.search(verb) is None
