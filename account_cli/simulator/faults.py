"""Faults on demand: what an exchange does on a bad day, one switch each.

They change how the truth is told, never the truth. Catalogue and sources: reference/faults.md of the specifications.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar, get_args

from account_cli.simulator.bans import OF_A_KEY, Ban
from account_cli.simulator.delivery import Delivery
from account_cli.simulator.money_faults import MoneyFaults
from account_cli.simulator.wire import SECOND

HttpFault = Literal[
    "429", "429bare", "403", "503html", "502html", "html", "badjson", "gzip", "slow", "timeout", "error", "warning"
]  # fmt: skip
"""``429bare`` has no Retry-After; ``html``, ``error`` and ``warning`` come with status 200."""
HTTP_FAULTS: tuple[HttpFault, ...] = get_args(HttpFault)
Page = Literal["short", "reversed", "empty"]
Step = Literal["token", "opened", "subscribing", "confirmed", "begun", "told"]
"""On the way to a stream: token or listen key given, socket open, subscription heard, confirmed, begun, all told."""
Handshake = Literal["403", "hang"]
Row = TypeVar("Row")


@dataclass(slots=True)
class Faults:
    """The switches; counters run down to zero as the fault is played."""

    delivery: Delivery = field(default_factory=Delivery)
    """How data frames leave."""
    mixed: bool = False
    """Kraken: an order's last word and its last trade share a frame, the trade behind."""

    # -- opening a stream
    handshake: Handshake | None = None
    """WebSockets are refused, or never answered."""
    dials: tuple[int, float] | None = None
    """So many WebSockets may be opened in so many seconds; further ones are refused with 429."""
    rejection: str | None = None
    """The next subscription is refused with these words."""
    unanswered: int = 0
    """So many of the next subscriptions are not heard."""
    astray: int = 0
    """So many of the next subscriptions are confirmed for something else."""
    confirm_after_s: float = 0.0
    """Subscriptions take so long to be confirmed, and to begin."""
    steps: dict[Step, Callable[[], None]] = field(default_factory=dict)
    """What happens, once, when a client gets so far."""
    idle_s: float | None = None
    """A WebSocket on which nothing was sent for so long is closed."""
    snapshots: int = 1
    """Kraken: how often snapshots are told after a subscription; zero tells empty ones."""
    skipped: int = 0
    """Kraken: so many numbers are left out of the next frame's sequence; below zero it begins again."""

    # -- answers
    http_kind: HttpFault | None = None
    http_count: int = 0
    ban: Ban | None = None
    rest_lag_s: float = 0.0
    """REST shows the account as it was so many seconds (wall time) ago."""
    fills_lag_s: float = 0.0
    """REST shows fills and ledger as they were so many seconds ago, while orders and balances are those of now."""
    keeps_s: float | None = None
    """REST has forgotten fills, ended orders and ledger lines older than so many seconds (world time)."""
    pages: deque[Page] = field(default_factory=deque)
    """What befalls the next pages of history, one each."""
    doubled_rows: bool = False
    """Where rows come in a list, each comes twice."""
    nonces: int = 0
    """Kraken: so many of the next private calls are refused for their nonce."""
    nonce_ahead: int = 0
    """Kraken: another program used a nonce so far ahead."""
    clock: Callable[[int], int] | None = None
    """What the exchange's clock shows when it is so late (nanoseconds)."""
    asked_in_ban: int = 0
    """Requests that came after a ban had been told, and ``heard_within_s`` later."""
    heard_within_s: float = 0.5
    """How long an answer, and a request that was sent before it came, are on their way."""
    _told_ns: int = 0
    money: MoneyFaults = field(default_factory=MoneyFaults)

    @property
    def armed(self) -> int:
        """How many frames, answers, pages and subscriptions are still to be befallen."""
        waiting = self.http_count + self.unanswered + self.astray + self.nonces + (self.rejection is not None)
        return waiting + len(self.pages) + len(self.delivery.damages)

    def next_http(self) -> HttpFault | None:
        """Return the fault for the REST answer about to be given, if any is left."""
        if self.http_count <= 0:
            return None
        self.http_count -= 1
        return self.http_kind

    def banned(self, now_ns: int, path: str) -> Ban | None:
        """Return the ban that lasts now, if any, for a request of this path that just arrived."""
        if self.ban is None or now_ns >= self.ban.until_ns:
            self.ban, self._told_ns = None, 0
            return None
        if self.ban.kind in OF_A_KEY and "/public/" in path:
            return None
        self._told_ns = self._told_ns or now_ns
        self.asked_in_ban += now_ns - self._told_ns > self.heard_within_s * SECOND
        return self.ban

    def take_rejection(self) -> str | None:
        """Return and clear the words for the next subscription."""
        words, self.rejection = self.rejection, None
        return words

    def heard(self) -> Literal["well", "not", "astray"]:
        """How the subscription that just arrived is taken."""
        if self.unanswered > 0:
            self.unanswered -= 1
            return "not"
        if self.astray > 0:
            self.astray -= 1
            return "astray"
        return "well"

    def reached(self, step: Step) -> None:
        """A client got so far: let happen what waits for it."""
        what = self.steps.pop(step, None)
        if what is not None:
            what()

    def page(self, rows: list[Row], *, unique: bool = False) -> list[Row]:
        """Return what is told of a page of history; ``unique`` where rows are told by their names, once each."""
        if len(rows) > 1 and self.pages:
            kind = self.pages.popleft()
            rows = [] if kind == "empty" else rows[::-1] if kind == "reversed" else rows[: len(rows) // 2]
        return [row for row in rows for _ in range(2)] if self.doubled_rows and not unique else rows

    def refuses_nonce(self) -> bool:
        """True when the private call that just arrived is refused for its nonce."""
        if self.nonces <= 0:
            return False
        self.nonces -= 1
        return True
