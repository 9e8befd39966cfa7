"""``acct reconcile``: ask, compare, ask again where something differs, say what it is called; fit for cron."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, closing

import msgspec

from account_cli.bootstrap.collecting import SystemClock, wish_of
from account_cli.bootstrap.handing_over import OnProgress, by_whoever_collects
from account_cli.bootstrap.polling import at_work, telling, tidy
from account_cli.bootstrap.stopping import Stopped
from account_cli.config import AccountConfig, Config
from account_cli.domain.times import SECOND
from account_cli.engine.looking import Looking, ReadingThread
from account_cli.errors import AcctError, Unreachable, worst_exit
from account_cli.ports import Request, Wish
from account_cli.reconciliation import Run, Tolerance
from account_cli.reconciliation.proof import Proof
from account_cli.storage import has_database, open_reader, reconciling_lock

_GRACE_NS = 5 * SECOND
"""For the process that collects, to say that the time is up."""
EXIT_OF = {"clean": 0, "explained": 0, "unexplained": 3, "pending": 4, "unknown": 4}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a person or a timer asked for; times in seconds. None is what the configuration says."""

    tolerance: Tolerance | None = None
    settle_s: float | None = None
    timeout_s: float = 120.0
    """From the first request on; the wait of ``jitter_s`` comes before."""
    explain: bool = False
    correct: bool | None = None
    since_ns: int | None = None
    jitter_s: float = 0.0
    """Wait a random time up to this first."""
    max_age_s: float | None = None
    """A decided run that is no older is as good as a new one."""

    def of(self, account: AccountConfig, config: Config) -> Wish:
        """Return what this means for one account."""
        said = wish_of(account, config)
        return Wish(
            tolerance=said.tolerance if self.tolerance is None else self.tolerance,
            settle_ns=said.settle_ns if self.settle_s is None else int(self.settle_s * SECOND),
            timeout_ns=int(self.timeout_s * SECOND),
            explain=self.explain,
            correct=said.correct if self.correct is None else self.correct,
            since_ns=self.since_ns,
        )


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one account: a run, or the error that prevented it."""

    account: str
    run: Run | None = None
    proof: Proof | None = None
    """How its balances came about, where that was asked for."""
    error: AcctError | None = None

    @property
    def exit_code(self) -> int:
        """The exit status of this account alone."""
        if self.run is not None:
            return EXIT_OF[self.run.state]
        return self.error.exit_code if self.error is not None else 1


def reconcile(
    config: Config,
    names: Sequence[str],
    asked: Asked,
    on_outcome: Callable[[Outcome], None],
    on_progress: OnProgress | None = None,
) -> int:
    """Reconcile the accounts side by side; returns the worst exit status.

    ``on_progress`` hears of each account what it is waiting for, None once that is over.
    """
    return asyncio.run(_reconcile(config, names, asked, on_outcome, on_progress))


async def _reconcile(
    config: Config,
    names: Sequence[str],
    asked: Asked,
    on_outcome: Callable[[Outcome], None],
    on_progress: OnProgress | None,
) -> int:
    chosen = config.select(names)
    stopped = Stopped()
    stopped.on_signals()
    if asked.jitter_s:
        wait_s = random.random() * asked.jitter_s  # noqa: S311 -- spreads load, hides nothing
        if on_progress is not None:
            on_progress("acct", f"waits {wait_s:.0f} s first")
        if not await stopped.before(asyncio.sleep(wait_s)):
            return stopped.status
        if on_progress is not None:
            on_progress("acct", None)
    all_of_them = asyncio.gather(*(_told(account, config, asked, on_outcome, on_progress) for account in chosen))
    if not await stopped.before(all_of_them):
        return stopped.status
    if {0, 3} & set(all_of_them.result()) and not await stopped.before(tidy(config)):
        return stopped.status
    return worst_exit(all_of_them.result())


async def _told(
    account: AccountConfig,
    config: Config,
    asked: Asked,
    on_outcome: Callable[[Outcome], None],
    on_progress: OnProgress | None,
) -> int:
    try:
        with reconciling_lock(config.database, account.name):
            run = _fresh_enough(account, config, asked.max_age_s)
            if run is None:
                run = await _one(account, config, asked.of(account, config), on_progress)
            proof = _proof_of(config, run) if asked.explain else None
            outcome = Outcome(account=account.name, run=run, proof=proof)
    except AcctError as error:
        outcome = Outcome(account=account.name, error=error)
    on_outcome(outcome)
    return outcome.exit_code


def _fresh_enough(account: AccountConfig, config: Config, max_age_s: float | None) -> Run | None:
    """Return the last run where it still holds: it decided everything, corrected nothing, and was made just now."""
    if max_age_s is None or not has_database(config.database):
        return None
    try:
        with closing(open_reader(config.database)) as reader:
            looked = reader.looked(account.name)
            run = None if looked is None else reader.run(looked[1])
    except AcctError:  # of an older schema, say: whoever writes says what is wrong with it
        return None
    if looked is None or run is None or not run.is_decided or any(item.corrected for item in run.items):
        return None
    return run if 0 <= SystemClock().now_ns() - looked[0] <= max_age_s * SECOND else None


async def _one(account: AccountConfig, config: Config, wish: Wish, on_progress: OnProgress | None) -> Run:
    now = SystemClock().now_ns()
    until_ns = now + wish.timeout_ns + _GRACE_NS
    request = Request(account=account.name, what="reconcile", asked_ns=now, until_ns=until_ns, wish=wish)
    made: list[Run] = []

    async def mine() -> None:
        made.append(await _here(account, config, wish, on_progress))

    answer = await by_whoever_collects(account, config, request, mine, on_progress)
    run = made[0] if answer is None else run_of(config, answer.run or 0)
    assert run is not None
    return run


async def _here(account: AccountConfig, config: Config, wish: Wish, on_progress: OnProgress | None) -> Run:
    """Ask the exchange from this process, and compare until everything is decided or the time is up.

    Raises ``Unreachable`` when the time is up before the account was connected, and any other ``AcctError``.
    """
    clock = SystemClock()
    within_s = wish.timeout_ns / SECOND
    late = f"the exchange did not tell everything within {within_s:g} s"
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(within_s):
                reader, collector, writer, _ = await stack.enter_async_context(at_work(account, config))
        except TimeoutError:
            raise Unreachable(late, hint=f"Look at `acct accounts {account.name}`.") from None
        comparing = stack.enter_context(closing(open_reader(config.database)))
        looking = Looking(account.name, wish, clock, ReadingThread(comparing), writer)
        try:
            async with telling(reader, clock, _busy(on_progress)), asyncio.timeout(within_s):
                await collector.poll_once(lambda: looking.through(collector.look))
        except TimeoutError:
            await looking.give_up(late)
    assert looking.kept is not None
    return looking.kept.run


def _busy(on_progress: OnProgress | None) -> OnProgress | None:
    """Say that something goes on where there is nothing else to say."""
    if on_progress is None:
        return None
    return lambda account, text: on_progress(account, text or "asking the exchange, and comparing")


def runs(config: Config, names: Sequence[str], *, limit: int | None = None) -> list[tuple[int, Run]]:
    """Return the runs that were kept of these accounts, of all when none is named, newest first."""
    if not has_database(config.database):
        return []
    reader = open_reader(config.database)
    try:
        found = [one for name in names for one in reader.runs(name, limit=limit)] if names else reader.runs(limit=limit)
    finally:
        reader.close()
    return sorted(found, key=lambda one: -one[0])[:limit]


def _proof_of(config: Config, run: Run) -> Proof | None:
    """Return the proof that was kept with this run, by whichever process."""
    number = next((number for number, one in runs(config, [run.account], limit=9) if one == run), None)
    return None if number is None else proof_of(config, number)


def proof_of(config: Config, number: int) -> Proof | None:
    """Return the proof that was kept with the run of this number."""
    if not has_database(config.database):
        return None
    with closing(open_reader(config.database)) as reader:
        return reader.proof(number)


def run_of(config: Config, number: int) -> Run | None:
    """Return the run of this number, None when there is none."""
    if not has_database(config.database):
        return None
    reader = open_reader(config.database)
    try:
        return reader.run(number)
    finally:
        reader.close()
