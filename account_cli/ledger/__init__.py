"""What follows from the facts: positions, lots, balances, P&L; a pure function of events and prices.

``apply``       the fold: (state, facts) → (state, closings)
``state``       what a state answers; ``figures`` the frozen rows it answers with; ``issues`` what they lack
``fills``       a fill: its position, its money, its fees
``roads``       which fills go the short way: ``lanes`` what it needs, ``road`` its booking
``trading``     opening and closing one position, the formula all figures come from
``inventory``   lots of an asset across pools; ``booking`` which cost leaves: the table of methods
``flows``       money without a trade; ``openings`` what was there before, given costs, conversions
``snapshot``    a state as bytes and back
``accounting``  the second book, every leg in a reporting currency; ``valuing`` its prices
``statistics``  per closing and round trip; ``performance`` returns and ratios; ``explain`` a figure taken apart
``double_entry``  what one fact did to lots, balances and results

The laws (``tests/laws`` has one test for each, by its number):

 1. The order in which facts arrive, and how often, changes nothing.
 2. Lots conserve quantity: an asset's lots are its balance, less what is borrowed, plus what was oversold or is between
    wallets; a contract's are the sum of its fills.
 3. Realised + proceeds of unknown cost − open cost − moved cost = the sum of cash legs, to the last digit. Where every
    cost is known and nothing was withdrawn: realised − open cost = cash.
 4. Once a position is flat, and every cost was known, all methods have realised the same.
 5. Splitting a fill at one price changes no money by more than 1e-18 an allocation.
 6. Quantities and fees × k give P&L × k, within 1e-18 an allocation.
 7. The second half folded onto the first is the whole folded at once, also through ``dump`` and ``load``.
 8. Rebuilt from the beginning is what was kept up to date fact by fact: state and closings.
 9. A fold changes nothing that it was given.
10. ``load`` of ``dump`` is the state, to every digit, and its ``dump`` the same bytes.
11. The short road and the long road come to the same digits.
12. The closings add up to what the totals say.
13. No lot is ever negative, and none is empty.
14. The order of consecutive purchases does not matter to average cost.
15. No ``float`` occurs in this package, not even by name.
"""

from account_cli.ledger.apply import fold, fold_state
from account_cli.ledger.closings import Closing, Match
from account_cli.ledger.figures import Issue, LotFigures, PositionFigures
from account_cli.ledger.snapshot import dump, load
from account_cli.ledger.state import LedgerState, References, empty

RULES = 1
"""Version of the accounting rules; goes up whenever a rule changes a figure."""

__all__ = [
    "RULES",
    "Closing",
    "Issue",
    "LedgerState",
    "LotFigures",
    "Match",
    "PositionFigures",
    "References",
    "dump",
    "empty",
    "fold",
    "fold_state",
    "load",
]
