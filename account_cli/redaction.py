"""No secret leaves: every text that is stored, logged or shown passes here first.

Known secrets (keys, passphrases, and tokens met on the way) are registered as they are read and replaced wherever they
occur; fields whose very name says that they are secret are replaced by name, so that a token which nobody registered
is caught too.
"""

from __future__ import annotations

import re
from urllib.parse import quote

MASK = "[redacted]"
_SHORTEST = 6
"""Shorter values are not registered: replacing them would maim ordinary text."""

_FIELDS = re.compile(
    r"""(?ix)
    (["']?\b(?:api[-_]?key|api[-_]?sign|apikey|secret|passphrase|password|signature|sign|token|listen[-_]?key
      |x-mbx-apikey|authorization|privatekey)\b["']?\s*[:=]\s*)
    (?:"[^"]*"|'[^']*'|[^\s&,}\])"']+)
    """
)

_HINTS = ("key", "sign", "secret", "pass", "token", "authorization")
"""Every name above holds one of these; looking for them first makes the common text, which has none, cheap."""


class Redactor:
    """Replaces secrets in texts; one per process, handed to whoever writes texts."""

    def __init__(self) -> None:
        self._secrets: list[str] = []

    def learn(self, *secrets: str | None) -> None:
        """Remember values, and their URL-encoded forms, that must never be shown."""
        for secret in secrets:
            if secret is None or len(secret) < _SHORTEST:
                continue
            for form in {secret, quote(secret, safe="")}:
                if form not in self._secrets:
                    self._secrets.append(form)
        self._secrets.sort(key=len, reverse=True)

    def clean(self, text: str) -> str:
        """Return ``text`` with every known secret, and every field named like one, replaced by a mask."""
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, MASK)
        folded = text.lower()
        if not any(hint in folded for hint in _HINTS):
            return text
        return _FIELDS.sub(lambda m: f'{m.group(1)}"{MASK}"', text)
