"""A fault is a sentence, how it begins, and how it ends where it lasts; it befalls the exchange or this computer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from account_cli.simulator.simulator import Simulator


@dataclass(frozen=True, slots=True)
class Fault:
    """What the exchange does. ``end`` is for what lasts; ``venues`` fewer than its row of the catalogue has, if any.

    ``forgets`` is for the one thing that no end mends: the exchange does not know any more what was true. ``wait_s`` is
    for how long whoever obeys stays silent after it, in seconds, where the exchange names no time.
    """

    about: str
    begin: Callable[[Simulator], object]
    end: Callable[[Simulator], object] | None = None
    venues: frozenset[str] = frozenset()
    forgets: bool = False
    wait_s: float = 0.0


class Machine(Protocol):
    """What a lab can do to the process that watches, and to its disk."""

    def kill(self) -> None:
        """End the process without a word (SIGKILL) and start it again."""
        ...

    def pause(self, on: bool) -> None:
        """Stop the process where it is, or let it go on."""
        ...

    def lock_database(self, on: bool) -> None:
        """Hold the database's write lock, or give it back."""
        ...


@dataclass(frozen=True, slots=True)
class Local:
    """What befalls the computer that watches: only a lab that started the process can play it."""

    about: str
    begin: Callable[[Machine], object]
    end: Callable[[Machine], object] | None = None
    venues: frozenset[str] = frozenset()
    forgets: bool = False
    wait_s: float = 0.0
