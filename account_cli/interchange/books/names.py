"""A name from an exchange becomes one that a book accepts: always the same one, and never that of another.

Beancount's words (docs "Language Syntax"): a commodity is capital letters, digits and ``'._-``, begins with a letter
and ends with a letter or digit; a part of an account begins with a capital letter or digit and has letters, digits and
``-``. What does not fit gets a part of the SHA-256 of the name, so that two names never become one.
"""

from __future__ import annotations

import hashlib
import re

from account_cli.errors import InternalError

_COMMODITY = re.compile(r"[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]|[A-Z]")
_DIGIT_FIRST = re.compile(r"[0-9][A-Z0-9]{0,20}")
_PART = re.compile(r"[A-Z0-9][A-Za-z0-9-]{0,60}")
_ESCAPE = "X."
_KEPT = 12


class Names:
    """The names of one book."""

    def __init__(self) -> None:
        self._commodities: dict[str, str] = {}
        self._parts: dict[str, str] = {}
        self._taken: dict[tuple[str, str], str] = {}

    def commodity(self, asset: str) -> str:
        """Return what beancount calls this asset: ``1INCH`` is ``X.1INCH``, ``stETH`` is ``X.STETH.`` and a digest."""
        found = self._commodities.get(asset)
        if found is None:
            found = self._commodities[asset] = self._only(("commodity", _commodity(asset)), asset)
        return found

    def part(self, name: str) -> str:
        """Return a part of an account's name: ``spot`` is ``Spot``, ``my_own`` is ``My-own-`` and a digest."""
        found = self._parts.get(name)
        if found is None:
            part = _part(name)
            if self._taken.get(("account", part), name) != name:  # ``kraken`` beside ``Kraken``
                part = f"{part}-{_digest(name)}"
            found = self._parts[name] = self._only(("account", part), name)
        return found

    def _only(self, given: tuple[str, str], name: str) -> str:
        if self._taken.setdefault(given, name) != name:
            raise InternalError(f"two names become the {given[0]} {given[1]}: {name!r} and {self._taken[given]!r}")
        return given[1]


def _commodity(asset: str) -> str:
    if _COMMODITY.fullmatch(asset) and not asset.startswith(_ESCAPE):
        return asset
    if _DIGIT_FIRST.fullmatch(asset):
        return _ESCAPE + asset
    kept = re.sub(r"[^A-Z0-9]", "", asset.upper(), flags=re.ASCII)[:_KEPT] or "X"
    return f"{_ESCAPE}{kept}.{_digest(asset).upper()}"


def _part(name: str) -> str:
    begun = name[:1].upper() + name[1:]
    if _PART.fullmatch(begun):
        return begun
    kept = re.sub(r"[^A-Za-z0-9]+", "-", begun, flags=re.ASCII).strip("-")[:40] or "X"
    return f"{kept[:1].upper()}{kept[1:]}-{_digest(name)}"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
