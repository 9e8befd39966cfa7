"""Kraken spot, read from its own rows: ledger, trades, orders, balances, and the private stream.

``reader``   the ``ExchangeReader``
``walk``     trades and ledger side by side, newest first; ``known`` says what of the past is proved
``rows``     trades, orders, balances; ``ledgers`` what each ledger entry means; ``frames`` the stream
``assets``   Kraken's names of assets and pairs; ``listing`` its markets
"""
