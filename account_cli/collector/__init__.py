"""Hears each fact at least once: one collector per account, over an exchange reader and a place to deliver to.

``strategy``   stream or poll, for each kind of data
``backoff``    how long to wait before trying again
``attempts``   what fails again and again, told once
``delivery``   what a collector hands over, and to whom
``health``     what it says of itself
``downtime``   for how long it was not live, and why
``asking``     everything by REST: states, walks, prices
``lost_orders`` which orders ended, and nobody told how
``pricing``    which markets to sample
``fee_prices`` candles for fees paid in a third asset
``connection`` one connection, channel by channel: subscribe, be confirmed, catch up, live
``streaming``  from one connection to the next, without a break where there is notice
``owing``      what a stream has to tell because REST told it
``timing``     how long a stream is waited for
``pulse``      whether this process gets to listen, and what it slept through
``plan``       how one account is to be collected
``canary``     looks behind a quiet stream
``pause``      waiting that a wake of the machine cuts short
``backfilled`` what a catch-up found, in words
``account``    all of it, for as long as the account is watched
"""
