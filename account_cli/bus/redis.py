"""Redis: streams for what must arrive, pub/sub for hints, keys for the present state (redis.io/docs/latest/commands).

The keys of an account are kept together with a set that names them, so that none is left over when a position closes or
when another process goes on. They expire a day after they were written last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError, ResponseError, WatchError
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import TimeoutError as NoAnswer

from account_cli.errors import BusAway, BusForgot
from account_cli.ports import Message
from account_cli.ports.location import host_of

LIFE_S = 24 * 3600
STREAMS = {"fact": "trading.events", "notice": "trading.notices", "alert": "trading.alerts"}
LENGTHS = {"fact": 100_000, "notice": 10_000, "alert": 10_000}
"""About so many of the newest entries are kept: who is further behind reads the journal."""
_PATIENCE_S = 2.0
_BEGUN, _WHOLE = b"begun", b"whole"
"""What the mark of an account says while it is told again, and once it was."""
_FOR_NOW = ("OOM", "LOADING", "READONLY", "MASTERDOWN", "MISCONF", "CLUSTERDOWN", "BUSY", "NOREPLICAS")
"""What a server says when it can do nothing just now, whatever it is told (redis.io/docs/latest/develop/reference)."""


class RedisBus:
    """One connection, made when it is needed and made again when it broke; see ``ports.Bus``."""

    def __init__(self, url: str, prefix: str = "") -> None:
        self._prefix, self._name = prefix, host_of(url)
        self._readers: set[tuple[str, str]] = set()
        """Stream and group, as they were when all was well."""
        self._redis: Redis[Any] = Redis.from_url(  # type: ignore[type-arg,unused-ignore]
            url,
            socket_timeout=_PATIENCE_S,
            socket_connect_timeout=_PATIENCE_S,
            client_name="acct",
            retry=Retry(NoBackoff(), 1),
        )
        # Connects to nothing, but reads every setting.
        self._redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]

    async def close(self) -> None:
        """Give the connection back."""
        await self._redis.aclose()

    async def ping(self) -> None:
        """Raise ``BusAway`` unless Redis answers."""
        with self._translated():
            await self._redis.ping()

    async def send(self, messages: Sequence[Message], *, again: bool = False) -> list[str | None]:
        """Add messages to their streams in this order; an alert is told to whoever listens, too."""
        with self._translated():
            try:
                answers = await self._send_watching(messages)
            except ResponseError as error:
                if not _refuses(error):
                    raise
                answers = await self._added(messages, self._redis.pipeline(transaction=False))
            for answer in answers:
                if isinstance(answer, Exception) and not _refuses(answer):
                    raise answer
            for one in messages:
                if one.topic == "alert" and not again:
                    await self._redis.publish(self._prefix + STREAMS["alert"], one.body)
        return [str(answer) if isinstance(answer, Exception) else None for answer in answers]

    async def _send_watching(self, messages: Sequence[Message]) -> list[Any]:
        """Add messages only if, until the last of them is there, nothing of these accounts was forgotten."""
        marks = [self._mark(account) for account in sorted({one.account for one in messages})]
        async with self._redis.pipeline(transaction=True) as pipe:
            await pipe.watch(*marks)
            if None in await pipe.mget(marks):
                raise BusForgot("Redis no longer has what it was told")
            pipe.multi()  # type: ignore[no-untyped-call]
            try:
                return await self._added(messages, pipe)
            except WatchError:
                raise BusForgot("Redis has just forgotten what it was told") from None

    async def _added(self, messages: Sequence[Message], pipe: Pipeline) -> list[Any]:
        for one in messages:
            fields: dict[Any, Any] = {"id": one.id, "account": one.account, "n": one.n, "body": one.body}
            pipe.xadd(self._prefix + STREAMS[one.topic], fields, maxlen=LENGTHS[one.topic], approximate=True)
        return list(await pipe.execute(raise_on_error=False))

    async def forgotten(self, accounts: Collection[str]) -> list[str]:
        """Return the accounts without a mark; as long as all have one, note who reads the streams."""
        if not accounts:
            return []
        with self._translated():
            marks = await self._redis.mget([self._mark(account) for account in accounts])
            lacking = [account for account, mark in zip(accounts, marks, strict=True) if mark != _WHOLE]
            if not lacking:
                await self._note_readers()
        return lacking

    async def begin_again(self, account: str) -> None:
        """Mark that the account is being told again, and make the groups of readers anew, from the first entry on."""
        with self._translated():
            await self._redis.set(self._mark(account), _BEGUN)
            for stream, group in sorted(self._readers):
                with suppress(ResponseError):  # it is there: made anew by its readers, or by another process
                    await self._redis.xgroup_create(stream, group, id="0", mkstream=True)

    async def is_whole(self, account: str) -> None:
        """Mark that the streams have what there is to be had of the account."""
        with self._translated():
            await self._redis.set(self._mark(account), _WHOLE, xx=True)

    async def _note_readers(self) -> None:
        pipe = self._redis.pipeline(transaction=False)
        streams = [self._prefix + name for name in STREAMS.values()]
        for stream in streams:
            pipe.xinfo_groups(stream)
        answers = await pipe.execute(raise_on_error=False)
        self._readers = {
            (stream, _text(group["name"]))
            for stream, groups in zip(streams, answers, strict=True)
            if not isinstance(groups, Exception)  # there is no such stream
            for group in groups
        }

    async def holds(self, account: str, keys: Collection[str]) -> bool:
        """Return whether all of these keys, and the set that names them, are still there."""
        with self._translated():
            names = [self._index(account), *(self._prefix + key for key in keys)]
            return bool(await self._redis.exists(*names) == len(names))

    async def replace(self, account: str, state: Mapping[str, bytes]) -> None:
        """Write the whole state of an account, and remove what was there besides."""
        with self._translated():
            index = self._index(account)
            known = {_text(name) for name in await self._redis.smembers(index)}
            await self._write(account, state, known - set(state))

    async def update(self, account: str, changed: Mapping[str, bytes], gone: Collection[str]) -> None:
        """Write what changed, and remove what is gone."""
        with self._translated():
            await self._write(account, changed, gone)

    async def publish(self, channel: str, body: bytes) -> None:
        """Tell whoever listens just now."""
        with self._translated():
            await self._redis.publish(self._prefix + channel, body)

    async def _write(self, account: str, changed: Mapping[str, bytes], gone: Collection[str]) -> None:
        index = self._index(account)
        pipe = self._redis.pipeline(transaction=True)
        for key, body in changed.items():
            pipe.set(self._prefix + key, body, ex=LIFE_S)
        if changed:
            pipe.sadd(index, *changed)
        if gone:
            pipe.delete(*(self._prefix + key for key in gone))
            pipe.srem(index, *gone)
        pipe.expire(index, LIFE_S)
        await pipe.execute()

    def _mark(self, account: str) -> str:
        """Return the key that is there as long as nothing of the account was forgotten; it does not expire."""
        return f"{self._prefix}told:{account}"

    def _index(self, account: str) -> str:
        return f"{self._prefix}keys:{account}"

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise ``BusAway`` for whatever keeps Redis from answering; it names neither URL nor user.

        Whoever is cancelled meanwhile is, even where the library took no notice.
        """
        task = asyncio.current_task()
        before = 0 if task is None else task.cancelling()
        try:
            yield
        except AuthenticationError:
            raise BusAway(
                f"Redis on {self._name} refuses user or password",
                hint="Check [storage] redis, or ACCT_STORAGE__REDIS.",
            ) from None
        except (NoConnection, NoAnswer, OSError) as error:
            raise BusAway(
                f"Redis on {self._name} cannot be reached ({type(error).__name__})",
                hint="Everything else goes on; what others are to hear waits.",
            ) from None
        except RedisError as error:
            raise BusAway(f"Redis on {self._name} refuses: {error}") from None
        finally:
            if task is not None and task.cancelling() > before:  # redis-py loses one in a hundred cancellations
                raise asyncio.CancelledError


def _refuses(error: Exception) -> bool:
    """True when the server refused one command, and would refuse it again."""
    return isinstance(error, ResponseError) and not str(error).upper().startswith(_FOR_NOW)


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else name
