"""One connection to one exchange: ccxt signs and sends, and this decides what, when and how it is heard.

``guarded`` makes the class whose instances talk: ccxt's own, with its transport overridden. A request is checked
against the read list before it is signed, waits for the budget of its key, is sent only if it is exactly what was
signed, and only to a host of the venue. Its answer is kept as the text received, and parsed with every digit.
``Wire.ask`` is how everything in this package asks.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from account_cli.domain.times import MILLISECOND, SECOND
from account_cli.errors import AcctError, BadAnswer, KeyRejected, NotSupported, Temporary, Unreachable
from account_cli.exchanges.bans import Refusal, http_date
from account_cli.exchanges.gate import Gate, socket_hosts
from account_cli.exchanges.guard import entry_section, guarded
from account_cli.exchanges.hosts import addresses_in, hosts_in, hosts_of
from account_cli.exchanges.keeping import Keeping
from account_cli.exchanges.latch import KeyHeld, Latch
from account_cli.exchanges.lean import venue_class
from account_cli.exchanges.limits import SHARE, Budget, Shared, T, fingerprint, shared
from account_cli.exchanges.nonces import Nonces
from account_cli.exchanges.offsets import ServerTime
from account_cli.exchanges.reads import Reads
from account_cli.exchanges.silences import Silences
from account_cli.exchanges.tee import Tee, close_clients
from account_cli.exchanges.translate import translated
from account_cli.ports import Clock, ReaderSettings, patient
from account_cli.redaction import Redactor


class _Call:
    """What one call of ``ask`` or ``through`` came by: every text received, and who refused it."""

    def __init__(self, kept: str | None = None) -> None:
        self.kept = kept
        self.bodies: list[str] = []
        self.host: str | None = None
        self.refusal: Refusal | None = None
        self.sent_ns: int | None = None
        self.keyed = False
        self.trial = False


_REFUSED = 400
_call: ContextVar[_Call | None] = ContextVar("_call", default=None)


class Manner(NamedTuple):
    """How one venue wants to be talked to."""

    ceiling: float = 10.0
    per_second: float = 1.0
    a_minute: float | None = None
    """What may be used within a minute of the clock, where the venue counts so; stands for the two above."""
    by_key: bool = True
    """False where the limit counts by address and is shared by every key."""
    public: tuple[str, ...] = ()
    """Sections that the venue counts apart, by address, about one request a second."""
    apart: tuple[str, ...] = ()
    """Sections that the venue counts apart from the others, with as much to use in a minute."""
    ordered: tuple[str, ...] = ()
    """Sections whose requests carry a nonce and must arrive in order, one at a time."""
    dated: bool = False
    """True where the clock is watched by the date of every answer, for want of anything finer."""
    used_header: str | None = None
    """The header in which the venue says how much of the budget is used."""
    options: Mapping[str, object] = {}
    """ccxt options."""


_POISONED = "another application uses this key with larger nonces"
_OWN_KEY = "make a key at the exchange that only acct uses; each wrong nonce counts towards a lock-out"
_PUBLIC = Manner(ceiling=5.0)


class Answer(NamedTuple):
    """What an exchange answered: the text as received, and what it says."""

    raw: str
    data: Any
    received_ns: int
    sent_ns: int
    """When it was asked: what the answer states was true no earlier than this, and a frame heard since is newer."""
    inbox: int | None = None
    """The id under which it is kept."""


class Wire:
    """Talks to one venue for one account; ccxt is loaded when it is opened."""

    def __init__(
        self,
        settings: ReaderSettings,
        clock: Clock,
        redactor: Redactor,
        cache_dir: Path,
        manner: Manner,
        reads: Reads | None = None,
    ) -> None:
        self.settings, self.clock, self.redactor, self.manner = settings, clock, redactor, manner
        self.venue, self._cache_dir = settings.venue, cache_dir
        self.reads = reads or Reads(settings.venue)
        self._exchange: Any = None
        self._approved: list[tuple[str, str, str]] = []
        self._host_of: dict[str, str] = {}
        self.silences = Silences(clock, cache_dir, settings.venue, settings.api_key, settings.forbidden_s)
        name = fingerprint(settings.venue, settings.api_key, settings.secret, str(sorted(hosts_in(settings.urls))))
        file = cache_dir / f"refused-{name}.txt" if settings.api_key or settings.secret else None
        self.latch = Latch(clock, file, settings.venue, settings.key_interval_s)
        self._hosts: re.Pattern[str] | None = None
        self.gate = Gate(settings.venue, lambda host: self._hosts is not None and socket_hosts(self._hosts)(host))
        self._shared: Shared | None = None
        self.tee: Tee | None = None
        """Whose connections those are that ccxt makes from now on."""
        self.time = ServerTime(clock)
        self.keeping = Keeping(settings.account, clock, redactor)
        redactor.learn(settings.api_key, settings.secret, settings.passphrase)

    # ---- life ----

    @property
    def exchange(self) -> Any:
        """The ccxt exchange; made at first use."""
        if self._exchange is None:
            self._exchange = self._made()
        return self._exchange

    @property
    def opened(self) -> bool:
        return self._exchange is not None

    def hosts_asked(self) -> tuple[str, ...]:
        """Return the hosts that something was sent to, with their ports where they are named."""
        return tuple(self._host_of.values())

    def addresses(self) -> tuple[str, ...]:
        """Return every address of the venue's interface."""
        return tuple(addresses_in(self.exchange.urls.get("api")))

    async def close(self) -> None:
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            with translated(self.venue, "close", self.redactor):
                if self.tee is not None:
                    await self.close_stream(self.tee)
                await exchange.close()

    def begin_stream(self, tee: Tee) -> None:
        """Let connections that ccxt makes from now on be new ones, and of this stream; those of others live on."""
        self.exchange.ws_dial_backoff = {}  # the collector paces reconnections
        self.exchange.clients = {}
        self.tee = tee

    async def close_stream(self, tee: Tee) -> None:
        """Close the connections of one stream; REST and other streams stay open."""
        await close_clients(tee)
        if self.tee is tee:
            self.tee = None
            if self._exchange is not None:
                self._exchange.clients = {}
        await self.clock.sleep(0)

    def _made(self) -> Any:
        logging.getLogger("ccxt").setLevel(logging.INFO)  # at DEBUG ccxt logs keys
        settings = self.settings
        try:
            base = venue_class(self.venue)
        except ImportError:
            raise NotSupported(f"no adapter for {self.venue!r} is installed") from None
        config: dict[str, object] = {
            "enableRateLimit": False,
            "timeout": int(settings.timeout_s * 1000),
            "timeout_on_exit": 50,
            "urls": plain_copy(settings.urls),
            "options": {
                "ws": {"connectionTimeout": max(1000, int(settings.timeout_s * 1000))},
                **plain_copy(self.manner.options),
            },
            **{
                name: value
                for name, value in (
                    ("apiKey", settings.api_key),
                    ("secret", settings.secret),
                    ("password", settings.passphrase),
                    ("walletAddress", settings.wallet_address),
                )
                if value is not None
            },
        }
        with translated(self.venue, "set up", self.redactor):
            exchange = guarded(base, self)(config)
            exchange.number = str
            exchange.streaming = {**exchange.streaming, "keepAlive": int(settings.keepalive_s * 1000)}
            if settings.sandbox:
                exchange.set_sandbox_mode(True)
        exchange.aiohttp_trust_env = False
        self._hosts = hosts_of(exchange)
        return exchange

    # ---- asking ----

    @property
    def shared(self) -> Shared:
        """The budget and nonces this key shares with every other reader of it on this machine."""
        if self._shared is None:
            manner, where = self.manner, str(sorted(hosts_in(self.settings.urls)))
            key = fingerprint(self.venue, self.settings.api_key)
            address = fingerprint(self.venue, where)
            self._shared = Shared(
                self._budget(f"budget-{key if manner.by_key else address}", manner),
                self._common(f"nonce-{key}.txt", lambda file: Nonces(self.clock, file)),
                self._budget(f"budget-public-{address}", _PUBLIC) if manner.public else None,
                self._budget(f"budget-apart-{address}", manner, 0.5) if manner.apart else None,
                self._common(f"turn-{key}", lambda _: asyncio.Lock()),
            )
        return self._shared

    def _budget(self, name: str, manner: Manner, at_once: float = 0.25) -> Budget:
        ceiling, per_second = manner.ceiling, manner.per_second
        if manner.a_minute is not None:  # of what may be used, a part at once and the rest spread over the minute
            ceiling = SHARE * manner.a_minute * at_once
            per_second = SHARE * manner.a_minute * (1 - at_once) / 60
        return self._common(
            f"{name}.txt",
            lambda file: Budget(
                self.clock,
                ceiling=ceiling,
                per_second=per_second,
                a_minute=manner.a_minute,
                file=file if self.settings.rate_limit else None,
            ),
        )

    def _common(self, name: str, make: Callable[[Path], T]) -> T:
        """Return what is kept under ``name``, one for all readers."""
        file = self._cache_dir / name
        return shared(f"{file}:{self.settings.rate_limit}", lambda: make(file))

    async def ask(
        self,
        section: str,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        method: str = "GET",
        cost: float = 1.0,
        kept: str | None = None,
    ) -> Answer:
        """Send one request of the read list and return the answer, kept in the inbox as ``kept`` where that is named.

        Raises ``AcctError`` only. A nonce that is refused is tried once more: another process may have overtaken it.
        """
        try:
            return await self._asked(section, path, params, method, cost, kept)
        except Temporary as error:
            if section not in self.manner.ordered or not _is_nonce(error):
                raise
        try:
            return await self._asked(section, path, params, method, cost, kept)
        except Temporary as error:
            if _is_nonce(error):
                error = Temporary(f"{error.message}: {_POISONED}", hint=_OWN_KEY)
            raise error from error.__cause__

    async def _asked(
        self, section: str, path: str, params: Mapping[str, object] | None, method: str, cost: float, kept: str | None
    ) -> Answer:
        call, sent_ns = _Call(kept), self.clock.now_ns()
        with self._called(call, path):
            data = await self.exchange.request(path, section.split("."), method, dict(params or {}), {"cost": cost})
        text, at_ns = call.bodies[-1] if call.bodies else "", self.clock.now_ns()
        if not isinstance(data, (dict, list)):
            self.keeping.unreadable(kept, text, "not JSON")
            raise Unreachable(f"{self.venue}: {path}: the answer is not JSON; something in between may have answered")
        return Answer(text, data, at_ns, call.sent_ns or sent_ns, await self.keeping.answer(kept, text, at_ns))

    async def through(self, what: str, call: Callable[[Any], Any], *, kept: str | None = None) -> tuple[Any, list[str]]:
        """Await ``call(exchange)``, one of ccxt's own reads; return its result and every text received for it.

        Where ``kept`` is named, what was answered and could not be understood goes to the inbox as such.
        """
        made = _Call(kept)
        with self._called(made, what):
            return await call(self.exchange), made.bodies

    @contextmanager
    def _called(self, call: _Call, what: str) -> Iterator[None]:
        """Gather what the requests in the block come by; an error leaves it saying how long nothing is sent."""
        token = _call.set(call)
        try:
            with translated(self.venue, what, self.redactor):
                yield
            if call.trial:
                self.latch.open()
        except AcctError as error:
            if isinstance(error, (BadAnswer, Unreachable)):
                self.keeping.unreadable(call.kept, "\n".join(call.bodies), error.message)
            self.refused(error)
            raise self.silences.after(error, call.host, call.refusal, keyed=call.keyed) from error.__cause__
        finally:
            _call.reset(token)

    def refused(self, error: AcctError) -> None:
        """When the exchange refused the key as a whole, use it no more."""
        if isinstance(error, KeyRejected) and error.whole and not isinstance(error, KeyHeld):
            self.latch.close()
            error.hint = f"{error.hint}; {self.latch.again()}" if error.hint else self.latch.again()

    # ---- what the overridden transport asks ----

    async def admit(self, section: object, method: str, path: str, cost: float) -> None:
        self.reads.check(method, section, path)
        name = entry_section(section)
        self.silences.check(self._host_of.get(name), keyed=self._keyed(name))
        if "public" not in name.lower():
            self.latch.check()
        if self.settings.rate_limit:
            shared, manner = self.shared, self.manner
            budget = shared.public if name in manner.public else shared.apart if name in manner.apart else shared.budget
            await budget.admit(cost, patient=patient.get())

    def _keyed(self, section: str) -> bool:
        """Return whether the venue counts requests of this section by key, not by address."""
        return self.manner.by_key and section not in self.manner.public

    def tell_time(self, exchange: Any) -> None:
        """Let ``exchange`` sign by its own clock, as far as that is known to be another than ours."""
        ahead_ns = self.time.ahead_ns() if self.time.off_ns() else None
        exchange.options["timeDifference"] = -(ahead_ns or 0) // MILLISECOND

    def remember(self, request: Mapping[str, Any], section: object) -> None:
        """Remember that this signed request may be sent, once."""
        self._approved.append((str(request["method"]), str(request["url"]), entry_section(section)))

    def let_out(self, method: str, url: str) -> None:
        """Raise ``NotSupported`` unless exactly this request was approved and goes to a host of the venue.

        Raises ``RateLimited`` when silence was asked for while the request waited for its turn.
        """
        asked = next((one for one in self._approved if one[:2] == (method, url)), None)
        if asked is None:
            raise NotSupported(f"{self.venue}: a request that is not on the read list was not sent")
        self._approved.remove(asked)
        host, section = urlsplit(url).netloc, asked[2]
        if self._hosts is None or self._hosts.fullmatch(host) is None:
            raise NotSupported(f"{self.venue}: a request to a foreign host was not sent")
        self.silences.check(host, keyed=self._keyed(section))
        self.gate.let_out(method, url)
        trial = "public" not in section.lower() and self.latch.pass_one()
        self._host_of[section] = host
        if (call := _call.get()) is not None:
            call.host, call.keyed, call.trial = host, self._keyed(section), call.trial or trial
            call.sent_ns = self.clock.now_ns()

    def received(self, status: int, headers: Mapping[str, str], body: str, url: str) -> None:
        lower = {name.lower(): value for name, value in headers.items()}
        refusal = self.silences.heard(urlsplit(url).netloc, status, lower, body)
        if (call := _call.get()) is not None:
            if status < _REFUSED:
                call.bodies.append(body)
            call.refusal = refusal
            if self.manner.dated and call.sent_ns and (told := http_date(lower.get("date"))) is not None:
                self.time.told(int(told) * SECOND, call.sent_ns, grain_ns=SECOND)
        used = _number(lower.get(self.manner.used_header or ""))
        if used is not None:
            self.shared.budget.told(used)


def plain_copy(value: object) -> Any:
    """Return nested mappings as dicts of their own: ccxt changes what it is given."""
    return {key: plain_copy(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value


def _is_nonce(error: Temporary) -> bool:
    return type(error.__cause__).__name__ == "InvalidNonce"


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def result_of(answer: Answer, key: str) -> Any:
    """Return one field of an answer that must be an object. Raises ``BadAnswer``."""
    if not isinstance(answer.data, dict) or key not in answer.data:
        raise BadAnswer(f"the answer has no {key!r}")
    return answer.data[key]
