"""No secret leaves: every text that is stored, logged or shown passes here first.

Known secrets (keys, passphrases, and tokens met on the way) are registered as they are read and replaced wherever they
occur, in every form in which a text may write them: as they are, URL-encoded, JSON-escaped, in base64, in hex. Fields
whose very name says that they are secret are replaced by name, so that a token which nobody registered is caught too.

A session's token becomes a mark with four digits of its digest, so that two frames of one session can be told from two
of different ones. A key or passphrase, which a person may have chosen, leaves nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import deque
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

MASK = "[redacted]"
_SHORTEST = 6
"""Shorter values are not registered: replacing them would maim ordinary text."""
_STEPS = (24, 8, 3)
"""A text is read in pieces so long, one behind the other: whatever is twice as long as one, or one letter less, holds a
whole one, which is one of its first ones. The shorter are for what is too short for the longer."""
_FEW = 64
"""So many secrets, each in all its forms, are looked for one by one sooner than a text is cut into pieces."""
_TOKENS = 64
"""Tokens are made anew at every connection; so many of the last ones are remembered by value."""

_NAMES = r"""(?:[a-z0-9]+[-_])*(?:api[-_]?key|api[-_]?sign|access[-_]?key|access[-_]?sign|secret|passphrase|password
  |signature|sign|(?:ws|access|auth|refresh)?[-_]?token|listen[-_]?key|authorization|private[-_]?key|jwt)"""
_FIELDS = re.compile(
    rf"""(?ix)
    ((?<![a-z0-9]){_NAMES}\b\\*["']?\s*[:=]\s*)
    (?P<scheme>(?:bearer|basic)\s+)?
    (?:\\*"[^"\\]*\\*"|'[^']*'|[^\s&,}}\])"'\\]+)
    """
)
_OF_SESSION = re.compile(r"(?i)token|listen")
_USER_INFO = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)")
_BOT = re.compile(r"\bbot\d{6,}:[A-Za-z0-9_-]{20,}")

_HINTS = ("key", "sign", "secret", "pass", "token", "authorization", "jwt")
"""Every name above holds one of these; looking for them first makes the common text, which has none, cheap."""


class Redactor:
    """Replaces secrets in texts; one per process, handed to whoever writes texts."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._pieces = {size: dict[str, set[str]]() for size in _STEPS}
        self._tokens: deque[tuple[str, str]] = deque(maxlen=_TOKENS)

    def learn(self, *secrets: str | None) -> None:
        """Remember values that must never be shown, in all forms in which they may be written."""
        for secret in secrets:
            for form in _forms(secret) if secret is not None and len(secret) >= _SHORTEST else ():
                self._secrets.add(form)
                step = next(step for step in _STEPS if len(form) >= 2 * step - 1)
                for at in range(step):
                    self._pieces[step].setdefault(form[at : at + step], set()).add(form)

    def learn_token(self, token: str) -> None:
        """Remember what opens one session; it is replaced by a mark of its own."""
        if len(token) >= _SHORTEST and all(token != known for known, _ in self._tokens):
            self._tokens.append((token, mark_of(token)))

    def clean(self, text: str) -> str:
        """Return ``text`` with every known secret, and every field named like one, replaced by a mask."""
        for secret in sorted(self._suspected(text), key=lambda form: (-len(form), form)):
            text = text.replace(secret, MASK)
        for token, mark in self._tokens:
            if token in text:
                text = text.replace(token, mark)
        if "@" in text or "bot" in text:
            text = _BOT.sub(f"bot{MASK}", _USER_INFO.sub(MASK, text))
        folded = text.lower()
        for hint in _HINTS:
            if hint in folded:
                return _FIELDS.sub(_masked, text)
        return text

    def _suspected(self, text: str) -> set[str]:
        """Return the secrets that may stand in ``text``, all that do among them, in a time that few of them set."""
        if len(self._secrets) <= _FEW:
            return {form for form in self._secrets if form in text}
        found: set[str] = set()
        for step, pieces in self._pieces.items():
            if pieces:
                read = [text[at : at + step] for at in range(0, len(text), step)]
                found.update(*(pieces[piece] for piece in pieces.keys() & read))
        return found


def mark_of(token: str) -> str:
    """Return the mark that stands for a session's token: the same for the same token."""
    return f"[redacted:{hashlib.sha256(token.encode()).hexdigest()[:4]}]"


def _masked(match: re.Match[str]) -> str:
    name = match[1]
    value = match[0][len(name) :].strip("\\\"'")
    if value.startswith("[redacted"):
        return match[0]
    return f'{name}"{mark_of(value) if _OF_SESSION.search(name) else MASK}"'


def _forms(secret: str) -> Iterator[str]:
    """Return the ways in which a text may write a secret."""
    raw = secret.encode()
    found = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], raw.hex(), raw.hex().upper()}
    found |= {quote(secret, safe="").lower(), secret.replace("/", "\\/"), repr(secret)[1:-1]}
    for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        found.add(encoded.decode().rstrip("="))
    yield from sorted(form for form in found if len(form) >= _SHORTEST)
