"""What a transaction asks of an account again and again is asked once, as soon as it holds the account.

Nobody else writes about an account that is held, so what was read of it changes only by this transaction's own hand. To
a server that is one question in place of six: one way there and back, not six.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from account_cli.domain.events import Retracted
from account_cli.errors import LeaseLost
from account_cli.ports import Entry
from account_cli.storage.codec import names
from account_cli.storage.writing_facts import FactWrites
from account_cli.storage.writing_states import StateWrites

_KNOWN = """
SELECT held.value, (SELECT fence FROM leases WHERE account = held.value),
  (SELECT max(n) FROM journal WHERE account = held.value),
  EXISTS (SELECT 1 FROM retractions WHERE account = held.value),
  (SELECT json_group_object(name, value) FROM marks WHERE account = held.value),
  (SELECT json_group_object(name, value) FROM cursors WHERE account = held.value),
  (SELECT json_group_object(kind, at_ns) FROM observed WHERE account = held.value),
  (SELECT json_group_object(kind, complete_ns) FROM observed WHERE account = held.value)
FROM (SELECT value FROM json_each(?)) AS held
"""


class _Known(msgspec.Struct):
    fence: int
    head: int
    has_retractions: bool
    marks: dict[str, str]
    cursors: dict[str, str]
    at_ns: dict[str, int]
    complete_ns: dict[str, int | None]
    """By kind, of when the newest and the newest complete statement of the exchange is."""


class HeldAccounts(FactWrites, StateWrites):
    """Facts and states of accounts, those that are held from memory."""

    _held: dict[str, _Known | None]
    """By account that is held: what is known of it, None as long as nobody has asked."""

    def hold(self, account: str) -> None:
        """Let nobody else write about ``account`` until the transaction ends."""
        if account not in self._held:
            self._db.hold(account)
            self._held[account] = None

    def demand_leases(self, fences: Mapping[str, int]) -> None:
        """Hold these accounts; raise ``LeaseLost`` unless these are the numbers of their leases now."""
        for account in fences:
            self._db.hold(account, briefly=True)
        known = self._ask(list(fences)) if fences else {}
        for account, fence in fences.items():
            if known[account].fence != fence:
                raise LeaseLost(
                    f"another process has taken over account {account!r}",
                    hint="It was taken for dead: paused, or cut off from the database. "
                    "What it heard is heard again there.",
                )

    def head(self, account: str) -> int:
        """Return the last number of the account's journal; 0 when it has none."""
        return self._known(account).head if account in self._held else super().head(account)

    def has_retractions(self, account: str) -> bool:
        """Return whether any fact of the account was ever withdrawn."""
        return self._known(account).has_retractions if account in self._held else super().has_retractions(account)

    def marks(self, account: str) -> dict[str, str]:
        """Return what the writer noted about its own kept results."""
        return dict(self._known(account).marks) if account in self._held else super().marks(account)

    def cursors(self, account: str) -> dict[str, str]:
        """Return the adapter's own marks of what is proved to be known."""
        return dict(self._known(account).cursors) if account in self._held else super().cursors(account)

    def append(self, account: str, entries: Sequence[Entry]) -> None:
        """Add entries numbered head+1, head+2, …; see ``ports.JournalTx``."""
        super().append(account, entries)
        if (known := self._held.get(account)) is not None:
            known.head += len(entries)
            known.has_retractions |= any(isinstance(entry.event, Retracted) for entry in entries)

    def put_marks(self, account: str, marks: Mapping[str, str]) -> None:
        """Note something about kept results; what is not named stays."""
        super().put_marks(account, marks)
        if (known := self._held.get(account)) is not None:
            known.marks = dict(sorted(({**known.marks, **marks}).items()))

    def put_cursors(self, account: str, cursors: Mapping[str, str]) -> None:
        """Store cursors; what is not named stays."""
        super().put_cursors(account, cursors)
        if (known := self._held.get(account)) is not None:
            known.cursors = dict(sorted(({**known.cursors, **cursors}).items()))

    def _observed(self, account: str, kind: str) -> tuple[int, int | None] | None:
        if account not in self._held:
            return super()._observed(account, kind)
        known = self._known(account)
        return (known.at_ns[kind], known.complete_ns[kind]) if kind in known.at_ns else None

    def _put_observed(self, account: str, kind: str, at_ns: int, complete_ns: int | None) -> None:
        super()._put_observed(account, kind, at_ns, complete_ns)
        if (known := self._held.get(account)) is not None:
            known.at_ns[kind], known.complete_ns[kind] = at_ns, complete_ns

    def _known(self, account: str) -> _Known:
        known = self._held[account]
        return self._ask([account])[account] if known is None else known

    def _ask(self, accounts: Sequence[str]) -> dict[str, _Known]:
        """Ask what is known of accounts that are held, all at once, and remember it."""
        found: dict[str, _Known] = {}
        for account, fence, head, retracted, marks, cursors, at_ns, complete_ns in self._db.rows(
            _KNOWN, (names(accounts),)
        ):
            found[account] = _Known(
                fence or 0,
                head or 0,
                bool(retracted),
                _named(marks),
                _named(cursors),
                _decode_times(at_ns or "{}"),
                _decode_optional_times(complete_ns or "{}"),
            )
        self._held.update(found)
        return found


def _named(told: str | None) -> dict[str, str]:
    return dict(sorted(msgspec.json.decode(told, type=dict[str, str]).items())) if told else {}


_decode_times = msgspec.json.Decoder(dict[str, int]).decode
_decode_optional_times = msgspec.json.Decoder(dict[str, int | None]).decode
