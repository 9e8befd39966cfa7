"""Exchanges on loopback, for the demo, the tests and the fault lab: real wire, invented account, known truth.

``simulator``  one venue running on one port: ``Simulator``
``world/``     markets and an account, seeded; its book is the truth
``protocols/`` what each venue says over REST and WebSocket
``stage``      what stands between the two;  ``server`` sockets and HTTP faults;  ``control`` the control plane
``limits``, ``faults``, ``requests``, ``wire``  call counters, bad days, the request log, exact JSON

1. An unmodified ccxt works against it through URL overrides.
2. What a real exchange refuses is refused: signatures, nonces, clocks, windows, unknown and writing calls.
3. Its accounting shares no code with the accounting that is tested against it.
"""

from __future__ import annotations

from account_cli.simulator.protocols import NAMES
from account_cli.simulator.requests import Request
from account_cli.simulator.simulator import Simulator

__all__ = ["NAMES", "Request", "Simulator"]
