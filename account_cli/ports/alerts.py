"""Alerts as they are kept: a history that is never rewritten, the state of each slot, and what is still to be told."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from account_cli.alerts import Episode, Severity
from account_cli.alerts.episodes import StepKind
from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.ports.outbox import OutboxState


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an episode. ``notice`` is the number of its telling in its slot, 0: it is not told.

    ``key`` is the asset, symbol or stream, empty for the whole account; ``count`` how many episodes the telling stands
    for, 0 at the end of one that nobody was told of. ``number`` is its place in the history, 0 until it is stored.
    """

    at_ns: int
    account: str
    rule: str
    key: str
    episode: int
    what: StepKind
    severity: Severity
    value: Decimal | None
    threshold: Decimal | None
    text: str
    count: int = 1
    notice: int = 0
    number: int = 0

    @property
    def id(self) -> str:
        """The name of a telling, or of the end of an episode, the same however often it arrives."""
        return f"{self.account}/{self.rule}/{self.key}/{self.notice or f'over-{self.episode}'}"

    @property
    def is_announced(self) -> bool:
        """True for what other programs hear: every telling, and the end of an episode that was told."""
        return self.notice > 0 or (self.what == "resolved" and self.count > 0)

    def wire(self) -> dict[str, str | None]:
        """Return it as it is told to other programs (docs/redis.md); the end of an episode is for information."""
        over = self.what == "resolved"
        said = {
            "type": self.rule,
            "severity": "INFO" if over else self.severity.upper(),
            "symbol": self.key,
            "message": f"over: {self.text}" if over else self.text,
            "value": None if self.value is None else plain(self.value),
            "threshold": None if self.threshold is None else plain(self.threshold),
            "timestamp": format_time(self.at_ns),
            "id": self.id,
            "account": self.account,
            "what": self.what,
        }
        return {name: text for name, text in said.items() if text or name not in {"symbol", "threshold"}}


class TellingRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alert on its way to a channel; tried again at ``next_ns``."""

    number: int
    channel: str
    alert: AlertRow
    state: Literal["pending", "delivered", "failed"]
    tries: int
    next_ns: int
    error: str | None = None

    @property
    def outbox_state(self) -> OutboxState:
        """Its state as ``acct outbox`` has it: one that was refused and is tried again has failed, given up is dead."""
        if self.state == "failed":
            return "dead"
        return "failed" if self.state == "pending" and self.tries else self.state


class AlertReader(Protocol):
    """What a ``JournalReader`` answers about alerts."""

    def alerts(self, *, since_ns: int = 0, limit: int = 1000) -> list[AlertRow]:
        """What happened since then, newest first."""
        ...

    def episodes(self, account: str | None = None) -> list[Episode]:
        """The last episode of every slot, newest first."""
        ...

    def alert_reach(self, account: str) -> tuple[int, int] | None:
        """The journal line up to which facts were looked at, and from what time on they count; None: none ever were."""
        ...

    def mutes(self) -> dict[str, int]:
        """Until when each muted rule is."""
        ...

    def tellings(
        self, due_ns: int | None = None, *, states: Sequence[OutboxState] = (), limit: int = 200
    ) -> list[TellingRow]:
        """What is to be told by then, in order; without ``due_ns`` the newest, of these states where some are named."""
        ...


class AlertTx(AlertReader, Protocol):
    """What a ``JournalTx`` writes about alerts."""

    def put_alert(self, row: AlertRow, channels: Sequence[str]) -> int:
        """Add to the history, and have it told on these channels; return its number."""
        ...

    def put_episode(self, episode: Episode) -> None: ...
    def put_alert_reach(self, account: str, n: int, since_ns: int) -> None: ...
    def put_mute(self, rule: str, until_ns: int | None) -> None:
        """Mute a rule until then; None: not any more."""
        ...

    def claim_telling(self, number: int, was_ns: int, until_ns: int) -> bool:
        """Take a telling that is due until then; False when somebody else has taken it."""
        ...

    def settle_telling(self, row: TellingRow) -> None:
        """Store what became of a telling."""
        ...


class Channel(Protocol):
    """Where alerts are told to."""

    async def tell(self, alert: AlertRow) -> None:
        """Tell it, or raise ``Unreachable`` with why it could not be told; may be called again with the same one."""
        ...
