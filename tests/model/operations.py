"""Random operations on the core: ingest, fold, journal and cursor, with what happens to facts on their way to them.

An exchange of two accounts makes facts; a stream tells them, late, twice, out of order, without their fees or not at
all; a sweep asks for them from the cursor on, in pages, and may be broken off; transactions fail, processes are killed,
clocks are set, prices come late. After every operation the cheap invariants are looked at, every now and then all:

I1, E4  what is kept is the fold of the facts in order, whatever the order they came in, by every method asked for
I2      the journal holds what was told, each fact once, with all that was told of it, and nothing else
I3, I7  spot balances and positions are the sums of the facts, counted here by another road
I6      the journal grows by one number at a time, and no row of it ever changes
I12     one row of the outbox for each entry
I13     whatever lies before the cursor is known
I22     what is told of one account changes nothing of the other
I25     the same seed gives the same journal (``digest``)
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Event, Fill, PriceQuoted
from account_cli.domain.identity import identity, merge, order_key
from account_cli.domain.money import ZERO
from account_cli.domain.observations import Order, OrdersSeen, OrderStatus
from account_cli.domain.times import SECOND
from account_cli.engine.folding import METHOD, load_folded
from account_cli.engine.ingest import Ingest
from account_cli.engine.rebuilding import check
from account_cli.engine.references import StoredReferences
from account_cli.errors import Unavailable
from account_cli.ledger.state import MethodName
from account_cli.storage import open_journal
from tests.model.blank import blank
from tests.model.fragile import Fragile, Turned
from tests.model.happenings import ACCOUNTS, START, Account, Venue, counted

WHOLE_EVERY = 100
"""Operations between two looks at everything."""


class Op(NamedTuple):
    """An operation and the seed of what it draws: leaving one out changes no other."""

    name: str
    seed: int


class Violated(AssertionError):
    """An invariant does not hold."""


class Machine:
    """One database and its two accounts; ``do`` plays an operation and raises ``Violated``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "operations.db"
        self.clock, self.venue = Turned(START), Venue()
        self.accounts = {name: Account(name) for name in ACCOUNTS}
        self._open()
        self._since = 0

    def _open(self) -> None:
        self.journal = Fragile(open_journal(blank(self._path), announces=True))
        self.reader = self.journal.reader()
        self.ingest = Ingest(self.journal, self.clock)

    def close(self) -> None:
        self.reader.close()
        self.journal.close()

    def do(self, op: Op) -> None:
        """Play one operation, then look."""
        dice = random.Random(f"{op.name}:{op.seed}")
        account = self.accounts[dice.choice(ACCOUNTS)]
        OPERATIONS[op.name](self, account, dice)
        self._look_quickly(account)
        self._since += 1
        if self._since >= WHOLE_EVERY:
            self._since = 0
            self.look()

    # ---- the way ----

    def tell(self, account: Account, dice: random.Random) -> None:
        """The stream tells some of what waits."""
        count = dice.choice((1, 1, 1, 2, 5, 20))
        told, account.waiting = account.waiting[:count], account.waiting[count:]
        self._deliver(account, told, "stream")

    def tell_again(self, account: Account, dice: random.Random) -> None:
        """Something known is told again, in another form perhaps, in one delivery perhaps twice."""
        known = [fact for fact in account.facts if identity(fact) in account.told]
        if known:
            again = dice.choices(known, k=dice.choice((1, 1, 3)))
            forms = [replace(one, fees=None) if isinstance(one, Fill) and dice.random() < 0.3 else one for one in again]
            self._deliver(account, [*forms, *again[:1]], "stream")

    def disorder(self, account: Account, dice: random.Random) -> None:
        dice.shuffle(account.waiting)

    def lose(self, account: Account, dice: random.Random) -> None:
        """The stream breaks: what waits is never told by it."""
        account.waiting = account.waiting[dice.randrange(len(account.waiting) + 1) :]

    def sweep(self, account: Account, dice: random.Random) -> None:
        """Pages from the cursor on, each stored with what it proves; the walk may be broken off at any of them."""
        overlap, size = dice.randrange(3), dice.choice((1, 3, 10, 50))
        place = max(0, account.cursor - overlap)
        while place < len(account.facts):
            page = account.facts[place : place + size]
            place += len(page)
            if not self._deliver(account, page, "rest", cursor=max(account.cursor, place)):
                return
            account.cursor = max(account.cursor, place)
            if dice.random() < 0.2:
                return

    def order(self, account: Account, dice: random.Random) -> None:
        """An order's state is told, an old one now and then."""
        if account.orders:
            name, symbol = dice.choice(account.orders)
            status: OrderStatus = dice.choice(("open", "closed", "canceled"))
            told = Order(id=name, symbol=symbol, status=status, updated_ns=self.venue.now - dice.randrange(5) * SECOND)
            seen = OrdersSeen(account=account.name, at_ns=self.clock.ns, complete=False, rows=(told,))
            self._write(Delivery(account=account.name, observations=(seen,)))

    def quote(self, account: Account, dice: random.Random) -> None:
        """A price of the third asset becomes known, long after the fees that need it perhaps."""
        at = dice.choice(account.facts).time_ns if account.facts else self.venue.now
        currency = dice.choice(("USD", "AAA", "USDT"))
        price = Decimal(dice.randrange(1, 10**6)).scaleb(-3)
        told = PriceQuoted(time_ns=at + dice.randrange(SECOND), asset="BNB", price=price, currency=currency, source="x")
        self._write(Delivery(account=account.name, quotes=(told,)))

    # ---- the machine ----

    def restart(self, account: Account, dice: random.Random) -> None:
        """The process ends and another one goes on with what is on disk."""
        self.close()
        self._open()

    def fail(self, account: Account, dice: random.Random) -> None:
        """The next transaction fails; whether it was committed only the disk knows."""
        self.journal.fails = dice.choice(("before", "after"))

    def set_clock(self, account: Account, dice: random.Random) -> None:
        self.clock.ns = self.venue.now + dice.choice((0, 1, -1)) * dice.randrange(3600 * SECOND)

    def other_method(self, account: Account, dice: random.Random) -> None:
        """Somebody else reads along, by another method: that the fold goes through is all that is looked at."""
        method: MethodName = dice.choice(("fifo", "lifo", "hifo"))
        load_folded(self.reader, account.name, StoredReferences(self.reader), method)

    def _deliver(self, account: Account, events: list[Event], origin: str, cursor: int | None = None) -> bool:
        if not events:
            return True
        cursors = {} if cursor is None else {"place": str(cursor)}
        fails = self.journal.fails
        done = self._write(Delivery(account=account.name, origin=origin, events=tuple(events), cursors=cursors))  # type: ignore[arg-type]
        if not done and fails == "before":
            return False
        for event in events:
            name = identity(event)
            account.told[name] = merge(account.told[name], event) if name in account.told else event
        if not done and cursor is not None:
            account.cursor = max(account.cursor, cursor)  # it is on disk, and nobody here was told
        return done

    def _write(self, delivery: Delivery) -> bool:
        try:
            receipts = self.ingest.write([delivery])
        except Unavailable:
            return False
        if any(receipt.refused for receipt in receipts):
            raise Violated("a fact that was told truly was called a contradiction")
        return True

    # ---- the invariants ----

    def _look_quickly(self, account: Account) -> None:
        head = self.reader.head(account.name)
        tail = self.reader.entries_since(account.name, account.entries)
        if [entry.n for entry in tail] != list(range(account.entries + 1, head + 1)):
            raise Violated(f"I6: entries {[entry.n for entry in tail]} follow {account.entries}")
        account.entries = head
        place = int(self.reader.cursors(account.name).get("place", "0"))
        if place != account.cursor:
            raise Violated(f"I13: the cursor stands at {place}, {account.cursor} facts are proved")
        for other in self.accounts.values():
            if other is not account and self.reader.head(other.name) != other.entries:
                raise Violated(f"I22: {other.name} moved while {account.name} was told something")

    def look(self) -> None:
        """Look at everything."""
        for account in self.accounts.values():
            self._look_at_facts(account)
            self._look_at_figures(account)
        outbox = Counter(self._rows("SELECT account, n FROM outbox WHERE topic = 'fact'"))
        wanted: Counter[tuple[object, ...]] = Counter(
            (account.name, n) for account in self.accounts.values() for n in range(1, account.entries + 1)
        )
        if outbox != wanted:
            raise Violated(f"I12: the outbox has {list((outbox - wanted) + (wanted - outbox))[:3]} too many or too few")

    def _look_at_facts(self, account: Account) -> None:
        known = list(self.reader.events(account.name))
        if known != sorted(account.told.values(), key=order_key):
            names = {identity(event) for event in known}
            odd = [fact for fact in known if account.told.get(identity(fact)) != fact]
            odd += [fact for name, fact in account.told.items() if name not in names]
            raise Violated(f"I2: {len(known)} facts are known, {len(account.told)} were told; {odd[:1]}")
        names = {identity(event) for event in known}
        for fact in account.facts[: account.cursor]:
            if identity(fact) not in names:
                raise Violated(f"I13: {identity(fact)} lies before the cursor and is not known")

    def _look_at_figures(self, account: Account) -> None:
        changed = check(self.reader, account.name, StoredReferences(self.reader)).changed
        if changed:
            raise Violated(f"I1: kept {changed[0].what}: {changed[0].old}; from the facts: {changed[0].new}")
        state = load_folded(self.reader, account.name, StoredReferences(self.reader), METHOD).state
        held = self.ingest._folded.get(account.name)
        if held is not None and held.n == self.reader.head(account.name) and held.state.balances() != state.balances():
            raise Violated("E4: what the writer holds is not what is on disk")
        sums, positions = counted(list(account.told.values()))
        mine = {slot: amount for slot, amount in state.balances().items() if amount and slot[0] == "spot"}
        if mine != sums:
            raise Violated(f"I3: balances are {mine}, the facts add up to {sums}")
        open_now: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for figures in state.positions():
            if figures.is_contract:
                open_now[figures.symbol] += figures.quantity
        if {symbol: quantity for symbol, quantity in open_now.items() if quantity} != positions:
            raise Violated(f"I7: positions are {dict(open_now)}, the fills add up to {positions}")

    def _rows(self, sql: str) -> list[tuple[object, ...]]:
        return self.reader._db.rows(sql)  # type: ignore[attr-defined,no-any-return]

    def digest(self) -> str:
        """Return a name for all that is in the journal."""
        entries = [entry for name in ACCOUNTS for entry in self.reader.entries_since(name, 0)]
        return hashlib.sha256(msgspec.json.encode(entries)).hexdigest()[:16]


OPERATIONS: dict[str, Callable[[Machine, Account, random.Random], None]] = {
    "fill": lambda machine, account, dice: machine.venue.fill(account, dice),
    "partial": lambda machine, account, dice: machine.venue.partial(account, dice),
    "money": lambda machine, account, dice: machine.venue.money(account, dice),
    "tell": Machine.tell,
    "tell again": Machine.tell_again,
    "disorder": Machine.disorder,
    "lose": Machine.lose,
    "sweep": Machine.sweep,
    "order": Machine.order,
    "quote": Machine.quote,
    "restart": Machine.restart,
    "fail": Machine.fail,
    "set clock": Machine.set_clock,
    "other method": Machine.other_method,
}
WEIGHTS = (24, 12, 8, 24, 6, 3, 2, 6, 4, 3, 0.3, 1, 1, 0.5)
assert len(WEIGHTS) == len(OPERATIONS)
