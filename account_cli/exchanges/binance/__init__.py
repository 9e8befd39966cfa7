"""Binance USDⓈ-M futures, read from its own rows: trades, income, orders, positions, balances, the listen-key stream.

``reader``   the ``ExchangeReader``
``history``  income by time, trades by id for each market; ``cursors`` what of them is known
``rows``     trades, orders, balances, positions, by REST and by stream; ``income`` what each income row means
``frames``   the stream; ``listing`` the markets and their names
"""
