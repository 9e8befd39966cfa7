"""Where others hear of what acct knows. It stands behind the store, and is made anew from it whenever it forgot.

Promises, quoted by tests:

1. What the outbox holds is told at least once, under ids that stay the same, in the order of each account.
2. The present state there is what the journal says, within seconds of it having been forgotten; so are the streams, as
   far as they reach back, in the same order and under the same ids, and the groups of their readers.
3. Whatever becomes of the bus, collecting goes on.
"""

from account_cli.bus.redis import RedisBus

__all__ = ["RedisBus"]
