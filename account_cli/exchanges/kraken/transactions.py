"""Kraken's ledger names a deposit or withdrawal by ``refid``; which transaction that was is told elsewhere.

Format: Kraken REST ``DepositStatus`` and ``WithdrawStatus`` (docs.kraken.com/api, "Get Status of Recent Deposits",
"Get Status of Recent Withdrawals"): ``refid, txid, originators, status``, newest first; with ``cursor`` in pages, each
with the ``next_cursor`` of an older one. A deposit that was credited by a sweep names the sender's transaction in
``originators``.

Asked is only where an entry waits for its transaction, by each method once a walk at most: ever more rarely while
Kraken has none to tell, and no longer once it says how the transfer ended or a week has passed. The entries that wait
are in the cursor, because the ledger does not tell them again. Nothing else depends on any of this, so a key that may
not ask, or an exchange that does not answer, costs the ids and nothing more.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

import msgspec

from account_cli.domain.events import Event, TransferArrived
from account_cli.domain.times import DAY, MINUTE
from account_cli.errors import ExchangeError, InternalError, KeyRejected, Temporary
from account_cli.exchanges.fields import maybe_text, read_each, row_of, rows_of, text
from account_cli.exchanges.kraken.ledgers import Entry, facts_of
from account_cli.exchanges.wire import Wire
from account_cli.ports import Heard, Page, Remark

CURSOR = "kraken.transactions"
METHODS = {"deposit": "DepositStatus", "withdrawal": "WithdrawStatus"}
"""Which method tells of entries of which type."""
_ROWS = 500
_PATIENCE_NS = 7 * DAY
_REMEMBERED = 100
"""So many entries that need no asking any more are known again where walks overlap."""


class Status(msgspec.Struct, frozen=True):
    """How a transfer stands; ``ended``: what is not told of it now never will be."""

    refid: str
    tx: str | None
    ended: bool


class Waiting(msgspec.Struct, frozen=True):
    """An entry whose transaction is not known, and when it was looked for last (0: never)."""

    entry: Entry
    asked_ns: int = 0

    def is_due(self, now_ns: int) -> bool:
        """True when as long has passed since it was looked for as it was old then: a minute at least, a day at most."""
        return now_ns - self.asked_ns >= max(MINUTE, min(DAY, self.asked_ns - self.entry.time_ns))


class _State(msgspec.Struct, frozen=True, kw_only=True):
    waiting: tuple[Waiting, ...] = ()
    done: dict[str, int] = {}
    """Entries that need no asking any more, by id, with their times."""
    pages: dict[str, str] = {}
    """By type of entry, the cursor of the page to go on with."""
    trouble: dict[str, str] = {}
    """By type of entry, why Kraken could not be asked the last time, where asking again may not help."""


class Transactions:
    """What one walk knows of transactions, begun from what the last one stored.

    ``anew``: what the walk reads is asked for again, for what is known of it may have been lost.
    """

    def __init__(self, stored: str | None, *, anew: bool = False) -> None:
        self._stored = stored
        try:
            self._state = _State() if stored is None else msgspec.json.decode(stored, type=_State)
        except msgspec.DecodeError as error:
            hint = "report this; the journal is untouched"
            raise InternalError("the stored cursor of transactions cannot be read", hint=hint) from error
        if anew:
            self._state = msgspec.structs.replace(self._state, done={})

    def note(self, entry: Entry) -> None:
        """Let an entry that was just read wait for its transaction."""
        state = self._state
        known = entry.id in state.done or any(one.entry.id == entry.id for one in state.waiting)
        if entry.type in METHODS and entry.refid and not known:
            self._state = msgspec.structs.replace(state, waiting=(*state.waiting, Waiting(entry)))

    def kept_in(self, page: Page) -> Page:
        """Return a page of the walk with what waits now."""
        told = msgspec.json.encode(self._state).decode()
        if self._state == _State() or told == self._stored:
            return page
        self._stored = told
        return msgspec.structs.replace(page, cursors={**page.cursors, CURSOR: told})

    def request(self, kind: str, now_ns: int) -> dict[str, object] | None:
        """Return what to ask for of entries of a type; None when there is nothing to ask."""
        page = self._state.pages.get(kind)
        if page is None and not any(one.entry.type == kind and one.is_due(now_ns) for one in self._state.waiting):
            return None
        return {"cursor": page or "true", "limit": _ROWS}

    @property
    def trouble(self) -> str | None:
        """Return why Kraken could not be asked the last time, where asking again may not help."""
        return next(iter(self._state.trouble.values()), None)

    def failed(self, kind: str, now_ns: int, why: str) -> None:
        """Take that nothing could be asked of entries of a type: it is tried again later, from the newest page."""
        waiting = (Waiting(one.entry, now_ns) if one.entry.type == kind else one for one in self._state.waiting)
        pages = {name: page for name, page in self._state.pages.items() if name != kind}
        trouble = {**self._state.trouble, kind: why}
        self._state = msgspec.structs.replace(self._state, waiting=tuple(waiting), pages=pages, trouble=trouble)

    def answered(
        self, account: str, kind: str, now_ns: int, told: Iterable[Status], following: str | None
    ) -> list[Event]:
        """Take what was told of entries of a type; return the facts with their transactions.

        ``following`` is the cursor of the next page; without one nothing more is told of what still waits.
        """
        by_refid = {status.refid: status for status in told}
        state, events, waiting = self._state, list[Event](), list[Waiting]()
        done, missed = dict(state.done), False
        for one in state.waiting:
            status = by_refid.get(one.entry.refid)
            if one.entry.type != kind:
                waiting.append(one)
            elif status is None and following is not None:
                waiting.append(one)
                missed = True
            elif (status is not None and (status.tx or status.ended)) or now_ns - one.entry.time_ns > _PATIENCE_NS:
                events += [] if status is None else facts_with(account, one.entry, status)
                done[one.entry.id] = one.entry.time_ns
            else:
                waiting.append(Waiting(one.entry, now_ns))
        pages = {name: page for name, page in state.pages.items() if name != kind}
        if missed and following is not None:
            pages[kind] = following
        newest = sorted(done.items(), key=lambda item: item[1])[-_REMEMBERED:]
        trouble = {name: why for name, why in state.trouble.items() if name != kind}
        self._state = _State(waiting=tuple(waiting), done=dict(newest), pages=pages, trouble=trouble)
        return events


class Asking:
    """Asks Kraken for the transactions that a walk waits for, and says what stands in the way."""

    def __init__(self, wire: Wire, account: str, wrap: Callable[..., Heard]) -> None:
        self._wire, self._account, self._wrap = wire, account, wrap
        self._trouble: str | None = None

    def remarks(self) -> tuple[Remark, ...]:
        """Say why transactions are not known, as long as that lasts."""
        if self._trouble is None:
            return ()
        text = f"which transactions deposits and withdrawals were is not told: {self._trouble}"
        return (Remark(code="transactions", text=text, warning=True),)

    async def pages(self, known: Transactions) -> AsyncIterator[Page]:
        """Yield a page for each method that had to be asked. Raises ``KeyRejected`` where the key as a whole is."""
        self._trouble = known.trouble
        for kind, path in METHODS.items():
            params = known.request(kind, self._wire.clock.now_ns())
            if params is None:
                continue
            heard = await self._heard(known, kind, path, params)
            self._trouble = known.trouble
            yield known.kept_in(Page(heard=() if heard is None else (heard,)))

    async def _heard(self, known: Transactions, kind: str, path: str, params: dict[str, object]) -> Heard | None:
        try:
            answer = await self._wire.ask("private", path, params, method="POST", kept=path)
            told, unreadable, following = read_statuses(answer.data)
        except Temporary:
            return None  # the next walk asks
        except (ExchangeError, KeyRejected) as error:
            if isinstance(error, KeyRejected) and error.whole:
                raise
            known.failed(kind, self._wire.clock.now_ns(), error.message)
            return None
        events = known.answered(self._account, kind, answer.received_ns, told, following)
        return self._wrap(answer, path, events=events, unreadable=unreadable)


def read_statuses(data: object) -> tuple[list[Status], list[str], str | None]:
    """Read an answer: how each transfer stands, a line for each that cannot be read, and the next page's cursor.

    Raises ``BadAnswer`` or ``Unreadable`` where it is none.
    """
    result, following = row_of(data).get("result"), None
    if isinstance(result, dict):
        following = maybe_text(result, "next_cursor")
        result = next((rows for rows in result.values() if isinstance(rows, list)), [])
    found = enumerate(rows_of(result, "result"))
    told, unreadable = read_each(((f"element {place}", item) for place, item in found), lambda _, item: [_status(item)])
    return told, unreadable, following


def _status(item: object) -> Status:
    row = row_of(item)
    senders = rows_of(row.get("originators") or [], "originators")
    sender = next((one for one in senders if isinstance(one, str) and one), None)
    status = maybe_text(row, "status")
    tx = None if status == "Failure" else sender or maybe_text(row, "txid")
    return Status(text(row, "refid"), tx or None, status in ("Success", "Failure"))


def facts_with(account: str, entry: Entry, status: Status) -> list[Event]:
    """Return the facts of an entry with the transaction they were; none where that is not known."""
    facts = facts_of(account, entry) if status.tx else []
    return [msgspec.structs.replace(fact, tx=status.tx) for fact in facts if isinstance(fact, TransferArrived)]
