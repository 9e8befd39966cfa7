"""What was kept is made true again from the earliest change on, and every figure that moved on the way is named.

A late fact, a correction, a withdrawal, a price, a market's terms or new rules can each change what was realised after
them. The fold begins anew at the snapshot before the change; closings that come out otherwise replace the kept ones,
and one notice a market says what their realised sum was and is, and why. Folds by other methods are forgotten from the
change on: they are worked out again when next asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, localcontext
from typing import Literal

import msgspec

from account_cli.domain.health import Notice
from account_cli.domain.identity import OrderKey
from account_cli.domain.money import MONEY, ZERO, plain
from account_cli.domain.times import format_time
from account_cli.engine.folding import (
    END,
    METHOD,
    OTHER_METHODS,
    REFOLDS_MARK,
    RULES_MARK,
    START,
    STEP,
    Folded,
    after,
    are_kept,
    begin,
    kept_rows,
    key_of,
    read_closing,
    refolds,
    rows_of,
    snapshot_of,
    steps,
)
from account_cli.ledger import RULES, References
from account_cli.ledger.closings import Closing
from account_cli.ports import JournalReader, JournalTx, KeptRow

RESTATEMENTS = "restated"
"""What restatements are kept under."""

_MOST_NOTICES = 20
"""Markets named one by one for one change; the rest is counted."""


class Restated(msgspec.Struct, frozen=True, kw_only=True):
    """What closings of one market, that had been kept, had realised and have realised now, in ``currency``."""

    symbol: str
    currency: str
    old: Decimal
    new: Decimal
    closings: int
    first_ns: int


class _Sums(msgspec.Struct):
    old: Decimal = ZERO
    new: Decimal = ZERO
    closings: int = 0
    first_ns: int = 2**63 - 1


class Restatement:
    """Adds up, market by market, how kept closings differ from the ones that replace them."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], _Sums] = {}
        self.added = 0
        """Facts that realise something now and had not."""

    def compare(self, old: Sequence[KeptRow], new: Sequence[KeptRow]) -> None:
        """Take in what was kept and what replaces it, for one stretch of facts; what only came new is no change."""
        if old == new:
            return
        was, now = _by_place(old), _by_place(new)
        self.added += len(now.keys() - was.keys())
        with localcontext(MONEY):
            for place, rows in was.items():
                if [row.body for row in rows] == [row.body for row in now.get(place, [])]:
                    continue
                before, after = _gains(rows), _gains(now.get(place, []))
                if before == after:
                    continue
                key, symbol, currency = place
                sums = self._sums.setdefault((symbol, currency), _Sums())
                sums.old += before[0]
                sums.new += after[0]
                sums.closings += 1
                sums.first_ns = min(sums.first_ns, key[0])

    def results(self) -> list[Restated]:
        """Return the markets whose closings changed."""
        return [
            Restated(symbol=symbol, currency=currency, old=s.old, new=s.new, closings=s.closings, first_ns=s.first_ns)
            for (symbol, currency), s in sorted(self._sums.items())
        ]


_Place = tuple[OrderKey, str, str]


def _by_place(rows: Iterable[KeptRow]) -> dict[_Place, list[KeptRow]]:
    places: dict[_Place, list[KeptRow]] = {}
    for row in rows:
        places.setdefault((row.key, row.symbol, row.currency), []).append(row)
    return places


def _gains(rows: Sequence[KeptRow]) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    """Return realised, fees, quantity of unknown cost and its proceeds of the closings of one fact."""
    closings = [read_closing(row) for row in rows]
    return (
        sum((one.realized_pnl or ZERO for one in closings), ZERO),
        sum((one.fees for one in closings), ZERO),
        sum((one.unknown_quantity for one in closings), ZERO),
        sum((one.unknown_proceeds for one in closings), ZERO),
    )


def outdated_rules(reader: JournalReader, account: str) -> int | None:
    """Return the version of the rules that kept results rest on when it is not the present one, else None."""
    version = int(reader.marks(account).get(RULES_MARK, RULES))
    return None if version == RULES else version


def refold(
    tx: JournalTx, account: str, refs: References, changed: OrderKey, on_step: Callable[[Folded], None] | None = None
) -> tuple[Folded, list[Restated]]:
    """Fold from the change on anew and keep what comes out; return the state and the markets that were restated."""
    tx.drop_snapshots(account, changed)
    for method in OTHER_METHODS:
        tx.drop_kept(account, method, changed)
    tx.put_marks(account, {REFOLDS_MARK: str(refolds(tx, account) + 1), RULES_MARK: str(RULES)})
    restatement = Restatement()
    folded = begin(tx, account)
    since = changed
    beyond = None if folded.last_key == START else folded.last_key
    for step, closings in steps(folded, tx.events_after(account, beyond), refs):
        folded = step
        _replace(tx, account, since, folded.last_key, closings, restatement)
        since = max(changed, after(folded.last_key))
        if folded.since_snapshot >= STEP:
            tx.put_snapshot(account, snapshot_of(folded))
            folded = msgspec.structs.replace(folded, since_snapshot=0)
        if on_step is not None:
            on_step(folded)
    _replace(tx, account, since, END, [], restatement)
    return folded, restatement.results()


def _replace(
    tx: JournalTx, account: str, since: OrderKey, until: OrderKey, closings: Iterable[Closing], told: Restatement
) -> None:
    """Make the kept closings of ``[since, until]`` these, touching only what differs."""
    if until < since:
        return
    kept = tx.kept_within(account, METHOD, since, until)
    mine = [closing for closing in closings if key_of(closing) >= since]
    if are_kept(kept, mine):
        return
    old, new = rows_of(kept), kept_rows(mine)
    told.compare(old, new)
    was = {(row.key, row.ordinal): row for row in old}
    if was.keys() - {(row.key, row.ordinal) for row in new}:
        tx.drop_kept(account, METHOD, since, until)
        was = {}
    fresh = [row for row in new if was.get((row.key, row.ordinal)) != row]
    if fresh:
        tx.put_kept(account, METHOD, fresh)


def keep_restatements(tx: JournalTx, account: str, notices: Sequence[Notice]) -> None:
    """Keep what was restated for good: notices are forgotten when there are too many, restatements are not."""
    turn = refolds(tx, account)
    rows = [
        KeptRow(
            key=(notice.at_ns, -1, f"{turn:012d}|{place:03d}"),
            ordinal=0,
            symbol="",
            currency="",
            body=msgspec.json.encode(notice),
        )
        for place, notice in enumerate(notices)
    ]
    tx.put_kept(account, RESTATEMENTS, rows)


def restatements(reader: JournalReader, limit: int) -> list[Notice]:
    """Return what was restated last, of all accounts, newest first."""
    rows = reader.kept(None, RESTATEMENTS, newest_first=True, limit=limit)
    return [msgspec.json.decode(row.body, type=Notice) for _, row in rows]


def restated_notices(
    account: str, restated: Sequence[Restated], why: str, now_ns: int, severity: Literal["info", "warning"] = "warning"
) -> list[Notice]:
    """Return a notice a market; beyond twenty the rest is one."""
    notices = [
        Notice(
            account=account,
            at_ns=now_ns,
            severity=severity,
            code="restated",
            text=f"{one.symbol}: realised {plain(one.old)} became {plain(one.new)} {one.currency} in {one.closings} "
            f"closing(s) since {format_time(one.first_ns)}, because of {why}",
        )
        for one in restated[:_MOST_NOTICES]
    ]
    rest = len(restated) - _MOST_NOTICES
    if rest > 0:
        text = f"{rest} further markets were restated because of {why}"
        notices.append(Notice(account=account, at_ns=now_ns, severity=severity, code="restated", text=text))
    return notices


def summed_up(notices: Sequence[Notice], markets: int, why: str) -> list[Notice]:
    """Return one notice in place of those of many markets: each is kept, and this says where."""
    if len(notices) <= 1:
        return list(notices)
    text = f"figures of {markets} markets changed because of {why}: acct issues --restatements has each"
    return [msgspec.structs.replace(notices[0], text=text)]
