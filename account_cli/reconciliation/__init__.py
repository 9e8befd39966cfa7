"""Does what follows from the facts agree with what the exchange states? Compared, judged, and put into words; pure.

``sides``      the two sides as figures under one kind of key
``compare``    every key that either side knows, and by how much they differ
``judging``    what a difference is called: in flight, a break, or not to be told; what the runs before it say
``orders``     of every order, what the exchange says was filled, and the fills
``counting``   how many fills there were, and how many are known
``in_flight``  a figure that is late, and not wrong
``effects``    what each fact moves
``proof``      what was held at the last checkpoint and what moved since is what is held
``bisect``     between which two readings of the exchange the two sides parted
``continuity`` whether the exchange's own ledger, as far as it was told, is in one piece
``correcting`` what is done about a break when a person asks for it, and how it leaves again
``causes``     what may have caused it, best first
``told_late``  what did cause it, once facts that came later made it agree
``reach``      how far back to ask for those
``own``        both sides of each transfer between own accounts
``records``    a run as it is kept, for ever

What holds:

 1. A key that only one side knows is compared like any other.
 2. A side that says nothing of a key is unknown, never zero.
 3. The ledger is never moved to what the exchange states: only facts move it, and corrections that were asked for, each
    a fact of its own name.
 4. A difference is called a break only when two readings of the exchange, far enough apart, show it.
 5. What could not be compared is never called clean.
 6. What the exchange states late, as the ledger had it a moment ago, is in flight for as long as answers may lag.
 7. Opening, and each movement since, are the closing to the last digit; what accounts for no fact is said.
 8. A correction gives way to the facts of its time, to the last digit, and realises nothing.
"""

from account_cli.reconciliation.causes import Clues, explain
from account_cli.reconciliation.compare import compare
from account_cli.reconciliation.correcting import is_correction, is_spent
from account_cli.reconciliation.counting import compare_counts, last_counted
from account_cli.reconciliation.in_flight import LAG_NS, SWEEP_NS, Earlier, in_flight
from account_cli.reconciliation.judging import judge
from account_cli.reconciliation.orders import compare_orders
from account_cli.reconciliation.reach import further_back
from account_cli.reconciliation.records import Cause, Item, ReconcileState, Run, worst
from account_cli.reconciliation.sides import Key, Side, exchange_side, followed, ledger_side
from account_cli.reconciliation.told_late import explained
from account_cli.reconciliation.tolerance import PRESETS, Tolerance

__all__ = [
    "LAG_NS",
    "PRESETS",
    "SWEEP_NS",
    "Cause",
    "Clues",
    "Earlier",
    "Item",
    "Key",
    "ReconcileState",
    "Run",
    "Side",
    "Tolerance",
    "compare",
    "compare_counts",
    "compare_orders",
    "exchange_side",
    "explain",
    "explained",
    "followed",
    "further_back",
    "in_flight",
    "is_correction",
    "is_spent",
    "judge",
    "last_counted",
    "ledger_side",
    "worst",
]
