"""What goes wrong with what money means: fees, funding, liquidations, digits, names (F37–F50)."""

from __future__ import annotations

from collections.abc import Mapping

from account_cli.simulator.lab.fault import Fault

MONEY: Mapping[str, Fault] = {}
"""By number; a letter behind it tells variants apart."""
