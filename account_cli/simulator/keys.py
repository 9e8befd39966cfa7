"""What the simulated key may do; it reads and nothing else unless a test or ``--writable-key`` says otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Grants:
    """The switches behind a key. Whatever they say, the simulator writes nothing: it only tells and refuses."""

    trade: bool = False
    withdraw: bool = False
    revoked: bool = False
    """The owner deleted the key: every request with it is refused from now on."""
