"""Alerts in SQL: a history that only grows, one row of state a slot, and a row for every telling on its way."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from account_cli.alerts import Episode
from account_cli.ports.alerts import AlertRow, TellingRow
from account_cli.ports.outbox import Message, OutboxState
from account_cli.storage.codec import encode, storable
from account_cli.storage.codec import names as array
from account_cli.storage.database import Database, Row
from account_cli.storage.outbox import OutboxWrites

_decode_alert = msgspec.json.Decoder(AlertRow).decode
_decode_episode = msgspec.json.Decoder(Episode).decode

_ALERTS = "SELECT id, body FROM alerts WHERE at_ns >= ? ORDER BY id DESC LIMIT ?"
_EPISODES = 'SELECT body FROM episodes ORDER BY began_ns DESC, account, rule, "key"'
_EPISODES_OF = 'SELECT body FROM episodes WHERE account = ? ORDER BY began_ns DESC, rule, "key"'
_TELLINGS = """
SELECT t.id, t.channel, t.state, t.tries, t.next_ns, t.error, a.id, a.body
FROM tellings AS t JOIN alerts AS a ON a.id = t.alert
"""
_DUE = _TELLINGS + "WHERE t.state = 'pending' AND t.next_ns <= ? ORDER BY t.id LIMIT ?"
_NEWEST = _TELLINGS + "ORDER BY t.id DESC LIMIT ?"
_NEWEST_OF = _NEWEST.replace(
    "ORDER",
    "WHERE CASE WHEN t.state = 'failed' THEN 'dead' WHEN t.state = 'pending' AND t.tries > 0 THEN 'failed'"
    " ELSE t.state END IN (SELECT value FROM json_each(?)) ORDER",
)
_PUT = "INSERT INTO alerts (at_ns, body) VALUES (?, ?) RETURNING id"
_PUT_EPISODE = """
INSERT INTO episodes (account, rule, "key", began_ns, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, rule, "key") DO UPDATE SET began_ns = excluded.began_ns, body = excluded.body
"""
_PUT_REACH = """
INSERT INTO alert_reach (account, n, since_ns) VALUES (?, ?, ?)
ON CONFLICT (account) DO UPDATE SET n = excluded.n, since_ns = excluded.since_ns
"""
_PUT_MUTE = """
INSERT INTO mutes (rule, until_ns) VALUES (?, ?) ON CONFLICT (rule) DO UPDATE SET until_ns = excluded.until_ns
"""
_PUT_TELLING = "INSERT INTO tellings (alert, channel, state, tries, next_ns) VALUES (?, ?, 'pending', 0, 0)"
_CLAIM = "UPDATE tellings SET next_ns = ? WHERE id = ? AND next_ns = ? AND state = 'pending'"
_SETTLE = "UPDATE tellings SET state = ?, tries = ?, next_ns = ?, error = ? WHERE id = ?"


class AlertReads:
    """What a ``JournalReader`` answers about alerts; see ``ports.AlertReader``."""

    _db: Database

    def alerts(self, *, since_ns: int = 0, limit: int = 1000) -> list[AlertRow]:
        """Return what happened since then, newest first."""
        rows = self._db.rows(_ALERTS, (since_ns, limit))
        return [msgspec.structs.replace(_decode_alert(body), number=number) for number, body in rows]

    def episodes(self, account: str | None = None) -> list[Episode]:
        """Return the last episode of every slot."""
        rows = self._db.rows(_EPISODES) if account is None else self._db.rows(_EPISODES_OF, (account,))
        return [_decode_episode(body) for (body,) in rows]

    def alert_reach(self, account: str) -> tuple[int, int] | None:
        """Return up to which line facts were looked at, and from what time on they count."""
        row = self._db.row("SELECT n, since_ns FROM alert_reach WHERE account = ?", (account,))
        return None if row is None else (row[0], row[1])

    def mutes(self) -> dict[str, int]:
        """Return until when each muted rule is."""
        return dict(self._db.rows("SELECT rule, until_ns FROM mutes"))

    def tellings(
        self, due_ns: int | None = None, *, states: Sequence[OutboxState] = (), limit: int = 200
    ) -> list[TellingRow]:
        """Return what is to be told by then, or the newest tellings."""
        if due_ns is not None:
            rows = self._db.rows(_DUE, (due_ns, limit))
        elif states:
            rows = self._db.rows(_NEWEST_OF, (array(states), limit))
        else:
            rows = self._db.rows(_NEWEST, (limit,))
        return [_telling(row) for row in rows]


class AlertWrites(OutboxWrites, AlertReads):
    """What a ``JournalTx`` writes about alerts; see ``ports.AlertTx``."""

    def put_alert(self, row: AlertRow, channels: Sequence[str]) -> int:
        """Add to the history, and have it told."""
        clean = msgspec.structs.replace(row, text=storable(row.text), number=0)
        number = self._db.number(
            "INSERT INTO alerts (at_ns, body) VALUES (?, ?) RETURNING id", (row.at_ns, encode(clean))
        )
        self._db.many(_PUT_TELLING, [(number, channel) for channel in channels])
        if self.announces and row.is_announced:
            body = msgspec.json.encode(clean.wire())
            self.put_outbox([Message(id=row.id, account=row.account, topic="alert", n=0, body=body)])
        return number

    def put_episode(self, episode: Episode) -> None:
        """Let this be the last episode of its slot."""
        slot = (episode.account, episode.rule, episode.key)
        self._db.run(_PUT_EPISODE, (*slot, episode.began_ns, encode(episode)))

    def put_alert_reach(self, account: str, n: int, since_ns: int) -> None:
        """Say up to which line facts were looked at."""
        self._db.run(_PUT_REACH, (account, n, since_ns))

    def put_mute(self, rule: str, until_ns: int | None) -> None:
        """Mute a rule, or let it speak again."""
        if until_ns is None:
            self._db.run("DELETE FROM mutes WHERE rule = ?", (rule,))
        else:
            self._db.run(_PUT_MUTE, (rule, until_ns))

    def claim_telling(self, number: int, was_ns: int, until_ns: int) -> bool:
        """Take a telling; False when it is taken."""
        return self._db.run(_CLAIM, (until_ns, number, was_ns)) == 1

    def settle_telling(self, row: TellingRow) -> None:
        """Store what became of a telling."""
        error = None if row.error is None else storable(row.error)
        self._db.run(_SETTLE, (row.state, row.tries, row.next_ns, error, row.number))


def _telling(row: Row) -> TellingRow:
    number, channel, state, tries, next_ns, error, alert, body = row
    return TellingRow(
        number=number,
        channel=channel,
        alert=msgspec.structs.replace(_decode_alert(body), number=alert),
        state=state,
        tries=tries,
        next_ns=next_ns,
        error=error,
    )
