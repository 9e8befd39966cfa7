"""What other processes ask of the one that collects an account, through the database: asked, taken, answered.

Whoever asks writes a request and waits; the process that collects the account takes it, does what it says and answers.
A request that nobody waits for any more is taken back, or expires.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from account_cli.domain.times import SECOND
from account_cli.reconciliation import Tolerance


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How a comparison is to be done; nothing in it is left to a configuration. Times are nanoseconds."""

    tolerance: Tolerance = Tolerance()
    settle_ns: int = 5 * SECOND
    """How far apart two readings must be to prove a difference."""
    timeout_ns: int = 120 * SECOND
    """What is undecided by then is pending."""
    explain: bool = False
    """Fetch what could explain a difference."""
    correct: bool = False
    """Make what stays unexplained a visible Adjustment."""
    since_ns: int | None = None
    """Ask for history again from then on, and from nowhere else; prove from the newest checkpoint before it."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a request: facts that were new, the number of the run that was kept, or what prevented it."""

    new_facts: int = 0
    run: int | None = None
    code: str | None = None
    """The ``code`` of the error; None when there was none. The others are of that error too."""
    exit_code: int = 0
    message: str = ""
    hint: str | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """``poll``: ask the exchange for everything now. ``reconcile``: and compare, as ``wish`` says.

    ``number`` is 0 until it is stored. After ``until_ns`` nobody waits for it.
    """

    account: str
    what: Literal["poll", "reconcile"]
    asked_ns: int
    until_ns: int
    wish: Wish = Wish()
    number: int = 0
    taken_ns: int | None = None
    answer: Answer | None = None


class RequestReader(Protocol):
    """What a ``JournalReader`` answers about requests."""

    def waiting(self) -> list[Request]:
        """Requests that nobody has taken, oldest first. Costs next to nothing when there are none."""
        ...

    def request(self, number: int) -> Request | None: ...

    def looked(self, account: str) -> tuple[int, int] | None:
        """When the account was last compared, and the number of the run that says what came of it."""
        ...


class RequestTx(Protocol):
    """What a ``JournalTx`` writes about requests."""

    def put_request(self, request: Request) -> int:
        """Store a request; return its number. Those of long ago are forgotten."""
        ...

    def take_request(self, number: int, now_ns: int) -> bool:
        """Take a request; False when it is gone or somebody else has taken it."""
        ...

    def answer_request(self, number: int, answer: Answer) -> None: ...
    def drop_requests(self, numbers: Sequence[int]) -> None: ...
    def put_look(self, account: str, at_ns: int) -> None:
        """Store that the account was compared then, and that its last run still says what came of it."""
        ...
