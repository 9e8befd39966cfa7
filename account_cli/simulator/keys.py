"""What the simulated key may do; it reads, all and nothing else, unless a test or ``--writable-key`` says otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Grants:
    """The switches behind a key. Whatever they say, the simulator writes nothing: it only tells and refuses."""

    trade: bool = False
    withdraw: bool = False
    transfers: bool = True
    """Kraken: it may ask how deposits and withdrawals stand."""
    revoked: bool = False
    """The owner deleted the key: every request with it is refused from now on."""
