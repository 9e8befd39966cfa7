"""A folded account: the ledger's state, the journal line it stands at, and how it is brought up to date.

``bring_up`` is used alike by the writer (inside its transaction) and by every follower (on a connection of its own), so
that what is written down and what is shown cannot differ. Long folds go in steps: what a million facts realised is
never in memory at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from account_cli.domain.events import Event, Retracted
from account_cli.domain.identity import OrderKey, order_key
from account_cli.ledger import RULES, LedgerState, References, dump, empty, fold, fold_state, load
from account_cli.ledger.closings import Closing
from account_cli.ledger.state import MethodName, Policy
from account_cli.ports import Entry, JournalReader, KeptRow, KeptTuple, Snapshot

METHOD: MethodName = "average"
"""The booking method that is kept up to date as facts arrive."""

POLICY: Policy = "exclude"
"""What is done about unknown cost in every fold that is kept; by another policy an account is folded when asked for."""

OTHER_METHODS: tuple[MethodName, ...] = ("fifo", "lifo", "hifo")
"""Those that are worked out when first asked for, and kept from then on."""

START: OrderKey = (-(2**62), -1, "")
"""Before every fact."""

END: OrderKey = (2**62, 2**62, "\U0010ffff")
"""After every fact."""

RULES_MARK = "rules"
"""The version of the accounting rules that the kept results were made under."""

REFOLDS_MARK = "refolds"
"""Counts changes that reached behind the last fact; whoever folded before such a change folded something else."""

STEP = 10_000
"""Facts folded between two looks at what they realised."""


class Folded(msgspec.Struct, frozen=True, kw_only=True):
    """The fold of all current facts of an account when its journal's head was ``n``.

    ``last_key`` is the order key of the last of them; ``since_snapshot`` how many were folded since one was stored.
    """

    account: str
    n: int
    last_key: OrderKey
    state: LedgerState
    since_snapshot: int = 0
    refolds: int = 0
    """How often something behind its last fact had changed by then."""
    retracted: frozenset[str] = frozenset()
    """Identities of facts that were withdrawn: telling them again changes nothing."""


def refolds(reader: JournalReader, account: str) -> int:
    """Return how often something behind the account's last fact has changed."""
    return int(reader.marks(account).get(REFOLDS_MARK, "0"))


def is_current(folded: Folded, reader: JournalReader) -> bool:
    """True when nothing was written since that ``folded`` does not have in it."""
    return reader.head(folded.account) == folded.n and refolds(reader, folded.account) == folded.refolds


def begin(
    reader: JournalReader,
    account: str,
    method: MethodName = METHOD,
    at_most: OrderKey | None = None,
    unknown_cost: Policy = POLICY,
) -> Folded:
    """Return where a fold begins: the furthest snapshot, none beyond ``at_most``; else before the first fact.

    Nothing is kept of a policy for unknown cost other than ``POLICY``: such a fold begins before the first fact.
    """
    withdrawn = frozenset(e.target for e in reader.events(account, kinds=("retraction",)) if isinstance(e, Retracted))
    snapshot = reader.load_snapshot(account, RULES, method, at_most=at_most) if unknown_cost == POLICY else None
    return Folded(
        account=account,
        n=reader.head(account),
        last_key=START if snapshot is None else snapshot.last_key,
        state=empty(account, method, unknown_cost) if snapshot is None else load(snapshot.state),
        refolds=refolds(reader, account),
        retracted=withdrawn,
    )


def steps(
    folded: Folded, events: Iterable[Event], refs: References, size: int = STEP
) -> Iterator[tuple[Folded, list[Closing]]]:
    """Fold ``events``, in order and beyond the last, in steps; yield the state after each and what it realised."""
    stream = iter(events)
    while True:
        last, count = folded.last_key, 0

        def counted() -> Iterator[Event]:
            nonlocal last, count
            event = None
            for event in islice(stream, size):  # the last one is wanted when the loop has ended
                count += 1
                yield event
            if event is not None:
                last = order_key(event)

        state, closings = fold(folded.state, counted(), refs)
        if not count:
            return
        total = folded.since_snapshot + count
        folded = msgspec.structs.replace(folded, state=state, last_key=last, since_snapshot=total)
        yield folded, closings


def load_folded(
    reader: JournalReader,
    account: str,
    refs: References,
    method: MethodName = METHOD,
    *,
    at_ns: int | None = None,
    unknown_cost: Policy = POLICY,
) -> Folded:
    """Fold an account from its furthest snapshot; with ``at_ns`` only facts of that time or before."""
    at_most = None if at_ns is None else (at_ns, END[1], END[2])
    folded = begin(reader, account, method, at_most, unknown_cost)
    last, count = folded.last_key, 0

    def counted() -> Iterator[Event]:
        nonlocal last, count
        event = None
        for later in reader.events_after(account, None if folded.last_key == START else folded.last_key):
            if at_ns is not None and later.time_ns > at_ns:
                break
            event = later
            count += 1
            yield later
        if event is not None:
            last = order_key(event)

    state = fold_state(folded.state, counted(), refs)
    return msgspec.structs.replace(folded, state=state, last_key=last, since_snapshot=count)


def extends(folded: Folded, entries: Iterable[Entry]) -> list[Event] | None:
    """Return the new facts in order when they only add to ``folded``; None when something before its end changed."""
    events: dict[OrderKey, Event] = {}
    for entry in entries:
        key = order_key(entry.event)
        if entry.revision or isinstance(entry.event, Retracted) or key <= folded.last_key or key[2] in folded.retracted:
            return None
        events[key] = entry.event
    return [events[key] for key in sorted(events)]


def extend(folded: Folded, n: int, events: list[Event], refs: References) -> tuple[Folded, list[Closing]]:
    """Fold further facts, in order and beyond the last, on top."""
    if not events:
        return msgspec.structs.replace(folded, n=n), []
    state, closings = fold(folded.state, events, refs)
    count = folded.since_snapshot + len(events)
    last = order_key(events[-1])
    return msgspec.structs.replace(folded, n=n, last_key=last, state=state, since_snapshot=count), closings


def bring_up(folded: Folded, reader: JournalReader, refs: References) -> Folded:
    """Return the state at the journal's present head, by its tail where that only adds, else from a snapshot."""
    head, method, policy = reader.head(folded.account), folded.state.method, folded.state.unknown_cost
    if refolds(reader, folded.account) != folded.refolds:
        return load_folded(reader, folded.account, refs, method, unknown_cost=policy)
    if head == folded.n:
        return folded
    events = extends(folded, reader.entries_since(folded.account, folded.n))
    if events is None:
        return load_folded(reader, folded.account, refs, method, unknown_cost=policy)
    return extend(folded, head, events, refs)[0]


def snapshot_of(folded: Folded) -> Snapshot:
    """Return what is stored so that nobody folds these facts again."""
    return Snapshot(n=folded.n, last_key=folded.last_key, rules=RULES, state=dump(folded.state))


def after(key: OrderKey) -> OrderKey:
    """Return the key right behind ``key``: whatever is beyond that one is at this one or beyond."""
    return (key[0], key[1], key[2] + "\x01")


def key_of(closing: Closing) -> OrderKey:
    """Return the order key of the fact that a closing follows from."""
    return (closing.time_ns, -1 if closing.seq is None else closing.seq, closing.identity)


def kept_rows(closings: Iterable[Closing]) -> list[KeptRow]:
    """Return closings as rows to be kept beside their facts."""
    rows: list[KeptRow] = []
    ordinals: dict[OrderKey, int] = {}
    for closing in closings:
        key = key_of(closing)
        ordinal = ordinals[key] = ordinals.get(key, -1) + 1
        body = _encode_closing(closing)
        rows.append(KeptRow(key=key, ordinal=ordinal, symbol=closing.symbol, currency=closing.currency, body=body))
    return rows


_encode_closing = msgspec.json.Encoder().encode
_decode_closing = msgspec.json.Decoder(Closing).decode


def read_closing(row: KeptRow) -> Closing:
    """Return the closing that was kept."""
    return _decode_closing(row.body)


def rows_of(kept: Iterable[KeptTuple]) -> list[KeptRow]:
    """Return the same rows as records."""
    return [
        KeptRow(key=(time_ns, seq, name), ordinal=ordinal, symbol=symbol, currency=currency, body=body)
        for time_ns, seq, name, ordinal, symbol, currency, body in kept
    ]


def are_kept(rows: Sequence[KeptTuple], closings: Sequence[Closing]) -> bool:
    """True when ``rows`` hold just these closings, each beside its fact.

    By value: a fold that went on from a snapshot has Decimals with other trailing zeros, which says nothing. Decoding
    costs as little as encoding the other side would.
    """
    return [_decode_closing(row[6]) for row in rows] == closings and [(*row[:3], row[4], row[5]) for row in rows] == [
        (*key_of(closing), closing.symbol, closing.currency) for closing in closings
    ]
