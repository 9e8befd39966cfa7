"""One seeded world behind every protocol: markets that move and an account that trades in them.

``facts``    the frozen values: markets, orders, fills, ledger entries, positions
``prices``   how prices move
``book``     the exact book of one account: the truth
``spot``     the book's rules for spot;  ``contracts`` those for linear perpetual contracts
``matching`` what happens to an order
``agent``    what the account decides to do;  ``habits`` what each kind of account is like
``world``    the clock that drives it all
``truth``    the book as a ledger file

1. The same setting, seed and start give the same world, however the clock is moved forward.
2. Every amount is a ``Decimal`` and every change of a balance is an ``Entry``: the entries add up to the balances.
3. Nothing here knows a venue's wire; nothing here is shared with the accounting that is tested against it.
"""
