"""Tells what was stored on every channel, at least once, until it arrives; one that is dead is told elsewhere.

A telling is taken for half a minute before it is tried, so that two processes do not tell the same; one that dies in
between leaves it to be taken again. The id stays the same, so that whoever hears it twice can tell.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping

import msgspec

from account_cli.alerts import Episode, Step
from account_cli.domain.times import DAY, SECOND
from account_cli.engine.alert_storing import put_step
from account_cli.engine.looking import ReadingThread
from account_cli.engine.writing import Writer
from account_cli.errors import AcctError
from account_cli.killing import fault
from account_cli.ports import AlertRow, Channel, Clock, JournalReader, JournalTx, TellingRow

_LOOK_S = 1.0
_TAKEN_NS = 30 * SECOND
_WITHIN_S = 15.0
_LONGEST_S = 300
_REPORTED_AFTER = 3
"""Tries, after which the other channels hear that this one does not answer."""
_GIVEN_UP_NS = DAY
_FAILED = "CHANNEL_FAILED"
_REMOVED = "no such channel is configured any more"


class Delivering:
    """Tells on the channels that there are at that moment."""

    def __init__(self, thread: ReadingThread, channels: Callable[[], Mapping[str, Channel]], clock: Clock) -> None:
        self._thread, self._channels, self._clock = thread, channels, clock
        self._wake = asyncio.Event()
        self._dead: set[str] | None = None
        """Channels of which it was told that they take nothing."""
        self._busy: dict[str, asyncio.Task[None]] = {}

    def look_now(self) -> None:
        """There is something to tell."""
        self._wake.set()

    async def run(self, writer: Writer) -> None:
        """Tell until cancelled."""
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await self._wake.wait()
                self._wake.clear()
                with contextlib.suppress(AcctError):  # whoever writes facts says what is wrong with the database
                    await self.look(writer)
        finally:
            for task in self._busy.values():
                task.cancel()

    async def look(self, writer: Writer) -> None:
        """Begin to tell what is due now: all channels side by side, each in order; a slow one holds up no other."""
        now = self._clock.now_ns()
        if self._dead is None:
            self._dead = await self._thread.do(lambda follower: _failing(follower.reader))
        found = await self._thread.do(lambda follower: follower.reader.tellings(now))
        due = [row for row in found if row.channel not in self._busy]
        if not due:
            return
        taken = await writer.do(
            lambda tx: [row for row in due if tx.claim_telling(row.number, row.next_ns, now + _TAKEN_NS)]
        )
        by_channel: dict[str, list[TellingRow]] = {}
        for row in taken:
            by_channel.setdefault(row.channel, []).append(row)
        channels = self._channels()
        for name, rows in by_channel.items():
            telling = self._tell(channels.get(name), rows, writer, tuple(channels))
            task = self._busy[name] = asyncio.create_task(telling, name=f"tell {name}")
            task.add_done_callback(lambda _, name=name: self._free(name))  # type: ignore[misc]

    def _free(self, name: str) -> None:
        """A channel has tried what it was given: there may be more by now."""
        del self._busy[name]
        self._wake.set()

    async def done(self) -> None:
        """Wait until every channel has tried what it was given."""
        await asyncio.gather(*self._busy.values())

    async def _tell(
        self, channel: Channel | None, rows: list[TellingRow], writer: Writer, names: tuple[str, ...]
    ) -> None:
        for row in rows:
            fault("before_telling")
            error = await self._told(channel, row.alert)
            fault("after_telling")
            settled = self._settled(row, error)
            dead, now = self._dead or set(), self._clock.now_ns()
            recovers = error is None and row.channel in dead
            fails = settled.state == "pending" and settled.tries == _REPORTED_AFTER and row.alert.rule != _FAILED
            fails = fails and row.channel not in dead
            report = _report(row, error or "", now) if fails else None

            def settle(
                tx: JournalTx,
                settled: TellingRow = settled,
                report: AlertRow | None = report,
                over_ns: int | None = now if recovers else None,
            ) -> None:
                tx.settle_telling(settled)
                if report is not None:
                    tx.put_episode(_episode(report))
                    tx.put_alert(report, [name for name in names if name != settled.channel])
                if over_ns is not None:
                    _end(tx, settled.channel, over_ns)

            with contextlib.suppress(AcctError):  # told again in half a minute: at least once
                await writer.do(settle)
            fault("after_told_commit")
            if report is not None:
                dead.add(row.channel)
                self.look_now()
            elif recovers:
                dead.discard(row.channel)

    async def _told(self, channel: Channel | None, alert: AlertRow) -> str | None:
        """Tell one; return why it could not be told."""
        if channel is None:
            return _REMOVED
        try:
            async with asyncio.timeout(_WITHIN_S):
                await channel.tell(alert)
        except AcctError as error:
            return error.message
        except TimeoutError:
            return f"no answer within {_WITHIN_S:g} s"
        except Exception as error:  # a library that is not ours: what it raises must not end the telling
            return type(error).__name__
        return None

    def _settled(self, row: TellingRow, error: str | None) -> TellingRow:
        tries, now = row.tries + 1, self._clock.now_ns()
        if error is None:
            return msgspec.structs.replace(row, state="delivered", tries=tries, next_ns=now, error=None)
        given_up = now - row.alert.at_ns > _GIVEN_UP_NS or error == _REMOVED
        wait_ns = min(2 ** min(tries - 1, 16), _LONGEST_S) * SECOND
        state = "failed" if given_up else "pending"
        return msgspec.structs.replace(row, state=state, tries=tries, next_ns=now + wait_ns, error=error)


def _failing(reader: JournalReader) -> set[str]:
    return {one.key for one in reader.episodes() if one.rule == _FAILED and one.is_on}


def _episode(report: AlertRow) -> Episode:
    """Return the episode that begins as a channel takes nothing any more."""
    return Episode(
        rule=_FAILED,
        account=report.account,
        key=report.key,
        state="firing",
        number=report.episode,
        began_ns=report.at_ns,
        severity=report.severity,
        text=report.text,
        told_ns=report.at_ns,
        tellings=report.notice,
    )


def _end(tx: JournalTx, channel: str, now_ns: int) -> None:
    """A channel takes what it is told again."""
    for one in tx.episodes():
        if one.rule == _FAILED and one.key == channel and one.is_on:
            ended = msgspec.structs.replace(one, state="resolved", ended_ns=now_ns)
            tx.put_episode(ended)
            put_step(tx, ended, Step(what="resolved"), now_ns, {})


def _report(row: TellingRow, error: str, now_ns: int) -> AlertRow:
    """Return the alert about a channel that does not answer; its slot is the telling that it first could not tell."""
    return AlertRow(
        at_ns=now_ns,
        account=row.alert.account,
        rule=_FAILED,
        key=row.channel,
        episode=row.number,
        what="fired",
        severity="critical",
        value=None,
        threshold=None,
        text=f"alerts do not arrive at the channel {row.channel}: {error}",
        notice=row.number,
    )
