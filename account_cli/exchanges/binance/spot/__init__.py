"""Binance spot, read from its own rows: trades market by market, money by time, orders, balances, the signed stream.

``reader``   the ``ExchangeReader``; what is the same at all Binance venues is in the package above
``walk``     trades by id for each market, and the order of the whole walk
``discovery`` which markets an account may have traded in;  ``money`` deposits, withdrawals, conversions, dust, …
``rows``     trades, orders, balances, by REST and by stream;  ``frames`` the stream;  ``listing`` the markets
"""
