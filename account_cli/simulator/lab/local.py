"""What goes wrong on the computer that watches: its process, its disk, its clock (L1–L10)."""

from __future__ import annotations

from collections.abc import Mapping

from account_cli.simulator.lab.fault import Fault, Local

LOCAL: Mapping[str, Fault | Local] = {
    "L1": Local(
        "another program holds the database's write lock",
        lambda machine: machine.lock_database(True),
        lambda machine: machine.lock_database(False),
    ),
    "L7": Local("the process is killed and started again", lambda machine: machine.kill()),
    "L10": Local("the process stands still", lambda machine: machine.pause(True), lambda machine: machine.pause(False)),
}
"""By number; a letter behind it tells variants apart."""
