"""Requests to the process that collects an account, and when each account was last compared, on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from account_cli.domain.times import DAY
from account_cli.ports.requests import Answer, Request
from account_cli.storage import codec
from account_cli.storage.clocks import later
from account_cli.storage.database import Database

_REQUEST = "SELECT id, body, taken_ns, answer FROM requests WHERE id = ?"
_WAITING = (
    "SELECT id, body, taken_ns, answer FROM requests INDEXED BY requests_waiting WHERE taken_ns IS NULL ORDER BY id"
)
_PUT = "INSERT INTO requests (asked_ns, body) VALUES (?, ?) RETURNING id"
_KEPT_NS = DAY


class RequestReads:
    """What a ``JournalReader`` answers about requests; see ``ports.RequestReader``."""

    _db: Database

    def waiting(self) -> list[Request]:
        """Return the requests that nobody has taken, oldest first."""
        return [_request(row, self._db.ahead_ns()) for row in self._db.rows(_WAITING)]

    def request(self, number: int) -> Request | None:
        """Return the request of this number."""
        row = self._db.row(_REQUEST, (number,))
        return None if row is None else _request(row, self._db.ahead_ns())

    def looked(self, account: str) -> tuple[int, int] | None:
        """Return when the account was last compared, and the number of the run that says what came of it."""
        row = self._db.row("SELECT at_ns, run FROM looks WHERE account = ?", (account,))
        return None if row is None else (row[0], row[1])


class RequestWrites(RequestReads):
    """What a ``JournalTx`` writes about requests; see ``ports.RequestTx``."""

    def put_request(self, request: Request) -> int:
        """Store a request; return its number."""
        request = later(request, self._db.ahead_ns())
        self._db.run("DELETE FROM requests WHERE asked_ns < ?", (request.asked_ns - _KEPT_NS,))
        return self._db.number(_PUT, (request.asked_ns, codec.encode(request)))

    def take_request(self, number: int, now_ns: int) -> bool:
        """Take a request; False when it is gone or somebody else has taken it."""
        sql = "UPDATE requests SET taken_ns = ? WHERE id = ? AND taken_ns IS NULL"
        return self._db.run(sql, (now_ns, number)) == 1

    def answer_request(self, number: int, answer: Answer) -> None:
        """Store the answer; one that nobody waits for any more is not kept."""
        self._db.run("UPDATE requests SET answer = ? WHERE id = ?", (codec.encode(answer), number))

    def drop_requests(self, numbers: Sequence[int]) -> None:
        """Forget these requests."""
        self._db.many("DELETE FROM requests WHERE id = ?", [(number,) for number in numbers])

    def put_look(self, account: str, at_ns: int) -> None:
        """Store that the account was compared then, and that its last run still says what came of it."""
        self._db.put("UPDATE looks SET at_ns = ? WHERE account = ?", (at_ns, account))


def _request(row: tuple[Any, ...], ahead_ns: int) -> Request:
    number, body, taken_ns, answer = row
    return msgspec.structs.replace(
        later(codec.decode_request(body), -ahead_ns),
        number=number,
        taken_ns=taken_ns,
        answer=None if answer is None else codec.decode_answer(answer),
    )
