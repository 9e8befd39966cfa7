"""The files that exchanges give their customers, read into the same facts that their APIs tell.

``cells``     one cell, or a complaint that names file, line and column
``told``      what a file told: facts, and what could not become one
``kraken``    ledgers.csv and trades.csv: the ids of the API, so that nothing counts twice
``binance``   transaction history: no ids
``bitmex``    wallet history and execution history of the exchange that closed on 2026-09-23
``reading``   which file is which, by its header

Facts without an id of the exchange's get one that follows from the row's own words, so that a file read twice adds
nothing; where the API has been read already they are left out (``reading.uncovered``).
"""
