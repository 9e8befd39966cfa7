"""What an API key may do, as the exchange itself says it."""

from __future__ import annotations

from typing import Literal

import msgspec

KeyStanding = Literal["read-only", "unverified", "can-trade", "can-withdraw", "rejected"]
"""``read-only``: the exchange says so. ``unverified``: it does not tell, or could not be asked. ``rejected``: the key
was refused, so nothing is asked with it."""

WRITING: frozenset[KeyStanding] = frozenset({"can-trade", "can-withdraw"})


class KeyRights(msgspec.Struct, frozen=True, kw_only=True):
    """How a key stands; ``too_much`` are the rights beyond reading, in the words of the exchange's own page."""

    standing: KeyStanding
    too_much: tuple[str, ...] = ()
    why: str | None = None
    """Why it is unverified."""

    @property
    def writes(self) -> bool:
        """True when the exchange says that the key can do more than read."""
        return self.standing in WRITING
