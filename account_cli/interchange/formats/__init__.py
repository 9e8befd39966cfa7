"""One module a format of ``acct export``; a new one is a table, a line in ``FORMATS`` and a test.

``csv ndjson json parquet``     any table, column by column (``interchange.tables``)
``koinly cointracker rp2``      what tax programs read: their columns, made of facts
``beancount hledger``           plain-text books: balanced postings, made of what every fact did to lots and balances
"""
