"""What proof rests on: checkpoints, what the exchange stated from time to time, and what its own ledger says was held.

Checkpoints are stored and never rewritten. All of it is forgotten by age, but for the last of each: readings only say
when something went wrong, and what was proven before the last checkpoint is proven no better by older ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from account_cli.domain.observations import RunningBalance
from account_cli.reconciliation.bisect import Reading
from account_cli.reconciliation.proof import Checkpoint, Proof

LINES = 1000
"""Journal lines that have one sum."""


class ReadingRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange stated of one figure when it was first compared as that, the ledger standing at line ``head``.

    ``kind`` is balance or position, ``key`` the asset or symbol as in a run's item; ``before_ns`` is the last
    comparison before that, None when there was none.
    """

    kind: str
    wallet: str
    key: str
    at_ns: int
    head: int
    amount: Decimal
    before_ns: int | None = None


class ProofReader(Protocol):
    """What a database answers about proofs."""

    def checkpoint(self, account: str, head: int | None = None, at_ns: int | None = None) -> Checkpoint | None:
        """Return the last checkpoint of an account, with ``head`` the last that knew no later journal line.

        With ``at_ns`` the last of those that were made by then.
        """
        ...

    def stated(self, account: str) -> dict[tuple[str, str, str], Decimal]:
        """Return the last reading of each figure, by kind, wallet and key."""
        ...

    def readings(self, account: str, kind: str, wallet: str, key: str, since_ns: int = 0) -> list[Reading]:
        """Return what was stated of one figure from then on, oldest first, and what it was before the first of them."""
        ...

    def proof(self, run: int) -> Proof | None:
        """Return the proof that was kept with the run of this number."""
        ...

    def line_sums(self, account: str, beyond: int, until: int) -> dict[int, int]:
        """Return a sum for each ``LINES`` journal lines numbered (beyond, until], by how many such came before.

        A sum is that of the first eight bytes of each line's BLAKE2b, modulo 2**64, of its number, identity, revision
        and body as they are stored.
        """
        ...

    def running_head(self, account: str) -> int:
        """Return the number of the last entry of the exchange's own ledger that was stored, 0 when there is none."""
        ...

    def running_since(self, account: str, number: int) -> Iterator[RunningBalance]:
        """Yield entries by book and time: of each book those from the instant before the first stored since then on.

        ``number`` is a former ``running_head``; books of which nothing was stored since are left out.
        """
        ...


class ProofTx(ProofReader, Protocol):
    """What a transaction writes about proofs."""

    def put_checkpoint(self, checkpoint: Checkpoint) -> None: ...
    def put_readings(self, account: str, rows: Sequence[ReadingRow]) -> None: ...
    def put_proof(self, run: int, proof: Proof) -> None: ...
    def put_running(self, account: str, rows: Sequence[RunningBalance]) -> None:
        """Store entries of the exchange's own ledger; one that is known stays as it is."""
        ...

    def prune_readings(self, before_ns: int, *, limit: int = 1000) -> int:
        """Forget the oldest readings stated before then, but the last of each figure; return how many they were."""
        ...

    def prune_proofs(self, before_ns: int, *, limit: int = 1000) -> int:
        """Forget proofs of runs before then in which all agreed, and checkpoints from before then but the last."""
        ...

    def prune_running(self, before_ns: int, *, limit: int = 1000) -> int:
        """Forget entries of the exchange's own ledger from before then and before the account's last checkpoint.

        The last instant of each book stays: what comes next goes on from there.
        """
        ...
