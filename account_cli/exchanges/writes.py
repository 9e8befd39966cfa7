"""What would change something at an exchange is named here, and nowhere else in this package.

``refuse_writes`` gives a ccxt class overrides that raise for every method of the table, before a socket opens. It is
the second fence: the first is the read list of ``reads.py``, which refuses every request that is not on it.
"""

from __future__ import annotations

from typing import Any

from account_cli.errors import NotSupported

#: A method whose name is one of these words, or begins with one and an underscore, changes something.
WRITE_WORDS = (
    "add_margin", "approve", "borrow", "cancel", "close_all_positions", "close_position", "close_positions",
    "convert_trade", "create", "deposit", "edit", "modify", "place", "redeem", "reduce_margin", "repay", "set_leverage",
    "set_margin", "set_position_mode", "set_referrer", "set_ref", "set_agent_abstraction", "set_user_abstraction",
    "stake", "sub_account_transfer", "transfer", "unstake", "withdraw",
)  # fmt: skip

#: ccxt's own constructors of values and of networks' addresses share a first word with what writes; they send nothing.
HARMLESS = frozenset({"create_safe_dictionary", "create_networks_by_id_object", "create_expired_option_market"})


def writes(name: str) -> bool:
    """True when ``name`` (snake case) is the name of a ccxt method that changes something at an exchange."""
    return name not in HARMLESS and any(name == word or name.startswith(word + "_") for word in WRITE_WORDS)


def refuse_writes(base: Any) -> dict[str, object]:
    """Return overrides for every public method of the ccxt class ``base`` that writes: each raises ``NotSupported``."""
    return {name: _refusal(name) for name in dir(base) if writes(name) and callable(getattr(base, name))}


def _refusal(name: str) -> object:
    def refuse(*_: object, **__: object) -> None:
        raise NotSupported(f"acct only reads: {name} is not available", hint="use the exchange's own site to trade")

    return refuse
