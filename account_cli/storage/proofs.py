"""Checkpoints, readings and running balances, stored; all of it goes by its age, but for the last of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from hashlib import blake2b

from account_cli.domain.money import decimal
from account_cli.domain.observations import RunningBalance
from account_cli.ports.proofs import LINES, ReadingRow
from account_cli.reconciliation.bisect import Reading
from account_cli.reconciliation.proof import Checkpoint, Proof
from account_cli.storage import codec
from account_cli.storage.database import Database

_CHECKPOINT = "SELECT body FROM checkpoints WHERE account = ? AND head <= ? AND at_ns <= ? ORDER BY id DESC LIMIT 1"
_PUT_CHECKPOINT = "INSERT INTO checkpoints (account, head, at_ns, body) VALUES (?, ?, ?, ?)"
_STATED = 'SELECT kind, wallet, "key", amount FROM readings INDEXED BY readings_last WHERE account = ? AND last = 1'
_READINGS = """
SELECT at_ns, amount, before_ns FROM readings INDEXED BY readings_figure
WHERE account = ?1 AND kind = ?2 AND wallet = ?3 AND "key" = ?4 AND at_ns >= coalesce((
  SELECT max(at_ns) FROM readings INDEXED BY readings_figure
  WHERE account = ?1 AND kind = ?2 AND wallet = ?3 AND "key" = ?4 AND at_ns < ?5
), 0)
ORDER BY at_ns, id
"""
_OUTDATE = """
UPDATE readings SET last = 0 WHERE account = ? AND kind = ? AND wallet = ? AND "key" = ? AND last = 1
"""
_PUT_READING = """
INSERT INTO readings (account, kind, wallet, "key", at_ns, head, amount, before_ns, last)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)
"""
_PRUNE = """
DELETE FROM readings WHERE id IN
(SELECT id FROM readings INDEXED BY readings_age WHERE last = 0 AND at_ns < ? ORDER BY at_ns LIMIT ?)
"""
_PRUNE_PROOFS = """
DELETE FROM proofs WHERE run IN
(SELECT run FROM proofs JOIN reconciliations ON id = run
 WHERE at_ns < ? AND reconciliations.body LIKE '%"items":[],%' ORDER BY run LIMIT ?)
"""
_PRUNE_CHECKPOINTS = """
DELETE FROM checkpoints WHERE id IN
(SELECT id FROM checkpoints WHERE at_ns < ? AND id NOT IN (SELECT max(id) FROM checkpoints GROUP BY account)
 ORDER BY id LIMIT ?)
"""
_BOOKS = "SELECT account, book, max(time_ns) FROM running GROUP BY account, book"
_PRUNE_RUNNING = """
DELETE FROM running WHERE id IN
(SELECT id FROM running INDEXED BY running_time WHERE account = ? AND book = ? AND time_ns < ? ORDER BY time_ns LIMIT ?)
"""
_PUT_RUNNING = """
INSERT INTO running (account, book, entry, wallet, asset, time_ns, change, balance) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account, book, entry) DO NOTHING
"""
_CHANGED = "SELECT book, min(time_ns) FROM running WHERE account = ? AND id > ? GROUP BY book ORDER BY book"
_RUNNING = """
SELECT entry, wallet, asset, time_ns, change, balance FROM running INDEXED BY running_time
WHERE account = ?1 AND book = ?2 AND time_ns >= coalesce((
  SELECT max(time_ns) FROM running INDEXED BY running_time WHERE account = ?1 AND book = ?2 AND time_ns < ?3
), ?3)
ORDER BY time_ns, id
"""
_LINES = "SELECT n, identity, revision, body FROM journal WHERE account = ? AND n > ? AND n <= ? ORDER BY n"
_LAST = 2**63 - 1


class ProofReads:
    """What a ``JournalReader`` answers about proofs; see ``ports.ProofReader``."""

    _db: Database

    def checkpoint(self, account: str, head: int | None = None, at_ns: int | None = None) -> Checkpoint | None:
        """Return the last checkpoint that knew no journal line beyond ``head`` and was made by ``at_ns``."""
        row = self._db.row(_CHECKPOINT, (account, _LAST if head is None else head, _LAST if at_ns is None else at_ns))
        return None if row is None else codec.decode_checkpoint(row[0])

    def stated(self, account: str) -> dict[tuple[str, str, str], Decimal]:
        """Return the last reading of each figure."""
        return {
            (kind, wallet, key): decimal(amount) for kind, wallet, key, amount in self._db.rows(_STATED, (account,))
        }

    def readings(self, account: str, kind: str, wallet: str, key: str, since_ns: int = 0) -> list[Reading]:
        """Return what was stated of one figure from then on, and what it was before."""
        rows = self._db.rows(_READINGS, (account, kind, wallet, key, since_ns))
        return [Reading(at_ns, decimal(amount), before_ns) for at_ns, amount, before_ns in rows]

    def proof(self, run: int) -> Proof | None:
        """Return the proof that was kept with this run."""
        row = self._db.row("SELECT body FROM proofs WHERE run = ?", (run,))
        return None if row is None else codec.decode_proof(row[0])

    def line_sums(self, account: str, beyond: int, until: int) -> dict[int, int]:
        """Return a sum for each ``LINES`` journal lines, see ``ports.ProofReader``."""
        sums: dict[int, int] = {}
        for n, name, revision, body in self._db.stream(_LINES, (account, beyond, until)):
            digest = blake2b(f"{n}|{name}|{revision}|{body}".encode(), digest_size=8).digest()
            place = (n - 1) // LINES
            sums[place] = (sums.get(place, 0) + int.from_bytes(digest)) % 2**64
        return sums

    def running_head(self, account: str) -> int:
        """Return the number of the last stored entry."""
        return self._db.number("SELECT max(id) FROM running WHERE account = ?", (account,))

    def running_since(self, account: str, number: int) -> Iterator[RunningBalance]:
        """Yield entries by book and time, of the books of which something was stored since."""
        for book, first_ns in self._db.rows(_CHANGED, (account, number)):
            for entry, wallet, asset, time_ns, change, balance in self._db.stream(_RUNNING, (account, book, first_ns)):
                yield RunningBalance(
                    book=book,
                    id=entry,
                    wallet=wallet,
                    asset=asset,
                    time_ns=time_ns,
                    change=decimal(change),
                    balance=decimal(balance),
                )


class ProofWrites(ProofReads):
    """What a ``JournalTx`` writes about proofs; see ``ports.ProofTx``."""

    def put_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Store a checkpoint."""
        body = codec.encode(checkpoint)
        self._db.put(_PUT_CHECKPOINT, (checkpoint.account, checkpoint.head, checkpoint.at_ns, body))

    def put_readings(self, account: str, rows: Sequence[ReadingRow]) -> None:
        """Store what changed at the exchange."""
        self._db.many(_OUTDATE, [(account, row.kind, row.wallet, row.key) for row in rows])
        self._db.many(
            _PUT_READING,
            [
                (account, row.kind, row.wallet, row.key, row.at_ns, row.head, str(row.amount), row.before_ns)
                for row in rows
            ],
        )

    def put_proof(self, run: int, proof: Proof) -> None:
        """Keep a proof with its run."""
        self._db.put("INSERT INTO proofs (run, body) VALUES (?, ?)", (run, codec.encode(proof)))

    def put_running(self, account: str, rows: Sequence[RunningBalance]) -> None:
        """Store entries that are not known yet."""
        self._db.many(
            _PUT_RUNNING,
            [
                (account, row.book, row.id, row.wallet, row.asset, row.time_ns, str(row.change), str(row.balance))
                for row in rows
            ],
        )

    def prune_readings(self, before_ns: int, *, limit: int = 1000) -> int:
        """Forget the oldest readings but the last of each figure; return how many."""
        return self._db.run(_PRUNE, (before_ns, limit))

    def prune_proofs(self, before_ns: int, *, limit: int = 1000) -> int:
        """Forget the oldest proofs of runs in which all agreed, and checkpoints but the last; return how many."""
        return self._db.run(_PRUNE_PROOFS, (before_ns, limit)) + self._db.run(_PRUNE_CHECKPOINTS, (before_ns, limit))

    def prune_running(self, before_ns: int, *, limit: int = 1000) -> int:
        """Forget the oldest entries that were proven to be in one piece, but the last instant of each book."""
        gone = 0
        for account, book, last_ns in self._db.rows(_BOOKS):
            proven = self.checkpoint(account)
            until_ns = min(before_ns, last_ns, 0 if proven is None else proven.read_ns)
            if gone < limit:
                gone += self._db.run(_PRUNE_RUNNING, (account, book, until_ns, limit - gone))
        return gone
