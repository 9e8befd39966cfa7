"""What is true: facts an exchange told, states it says it is in, and the money they are counted in.

``money``        exact decimals, in and out
``times``        integer nanoseconds since 1970, UTC, in and out
``instruments``  what is traded
``events``       facts: each happened once and stays true; the closed union ``Event``
``identity``     which two tellings are the same fact, and what the second may add
``health``       what acct knows about its own watching
``observations`` what an exchange says its state is: shown and compared, never folded into the ledger

Everything is frozen; nothing here reads a clock, a file or a socket; ``float`` does not occur.
"""
