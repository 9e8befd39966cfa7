"""The fault lab: what goes wrong on exchanges, each by its number, alone or many at once, the same again by one line.

``catalogue`` every fault there is, F01–F50 and L1–L10: where it applies, who plays it, or why nobody can
``streams``, ``rest``, ``money``, ``local`` what can be switched on, by its number; a letter behind tells variants apart
``schedule``  what goes wrong when, planned or drawn, and playing it

1. A fault changes how the truth is told, never the truth: when it is over, whoever watches must come to it exactly.
2. Every schedule ends, and leaves nothing switched on.
3. The same venue, seed and words give the same faults.
"""

from __future__ import annotations

from collections.abc import Mapping

from account_cli.simulator.lab.fault import Fault, Local, Machine
from account_cli.simulator.lab.local import LOCAL
from account_cli.simulator.lab.money import MONEY
from account_cli.simulator.lab.rest import REST
from account_cli.simulator.lab.streams import STREAMS

FAULTS: Mapping[str, Fault | Local] = {**STREAMS, **REST, **MONEY, **LOCAL}
"""What can be switched on, by its number in the catalogue."""

__all__ = ["FAULTS", "Fault", "Local", "Machine"]
