"""``acct alerts``: what the rules said and say, without collecting; and the word of a person about it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import closing

from account_cli.alerts import acknowledge, readings
from account_cli.alerts.episodes import EpisodeState
from account_cli.alerts.listing import EpisodeRow, RuleRow, held, listed
from account_cli.bootstrap.alerting import channel_of, decided_of
from account_cli.config import Config
from account_cli.config.nearest import did_you_mean
from account_cli.engine.alert_past import NAMES, RulesPast
from account_cli.engine.alert_storing import put_step
from account_cli.engine.follow import Follower
from account_cli.errors import InputError
from account_cli.ports import AlertRow
from account_cli.reports.rows import Report
from account_cli.storage import has_database, open_journal, open_reader

_LISTED = 10_000
_NOTICES = 30


def alerts_of(
    config: Config, names: Sequence[str], *, since_ns: int = 0, state: EpisodeState | None = None
) -> Report[EpisodeRow]:
    """Return the episodes that were told of since then, newest first. Raises ``StorageError``."""
    now = time.time_ns()
    if not has_database(config.database):
        return Report(name="alerts", as_of=now, items=())
    with closing(open_reader(config.database)) as reader, reader.snapshot_view():
        lines = reader.alerts(since_ns=since_ns, limit=_LISTED)
        mine = [line for line in lines if not names or line.account in names]
        return Report(name="alerts", as_of=now, items=tuple(listed(mine, reader.episodes(), state=state)))


def rules_now(config: Config, names: Sequence[str]) -> Report[RuleRow]:
    """Return every rule as it stands now. Raises ``StorageError``."""
    decided, now = decided_of(config), time.time_ns()
    if not has_database(config.database):
        return held([], decided.settings, names, now_ns=now)
    with closing(open_reader(config.database)) as reader, reader.snapshot_view():
        known = [row.account for row in reader.accounts() if row.venue and (not names or row.account in names)]
        made = []
        for view in Follower(reader).views(known, notices=_NOTICES):
            past = RulesPast().read(reader, view, decided, set(NAMES), now)
            made += readings(
                view,
                decided.settings,
                now_ns=now,
                currency=decided.currency,
                pegged=decided.pegged,
                past=past,
                poll_interval_ns=decided.poll_interval_ns,
            )
        return held(made, decided.settings, known, now_ns=now)


def acknowledge_alert(config: Config, number: int) -> EpisodeState:
    """Say that an alert is seen; return the state that its episode then has.

    Raises ``InputError`` when there is no alert of this number.
    """
    if has_database(config.database):
        with closing(open_journal(config.database)) as journal, journal.transaction() as tx:
            line = next((one for one in tx.alerts(limit=_LISTED) if one.number == number), None)
            if line is not None:
                tx.hold(line.account)
                slot = (line.rule, line.key)
                episode = next((one for one in tx.episodes(line.account) if (one.rule, one.key) == slot), None)
                if episode is None or episode.number != line.episode:
                    return "resolved"  # a channel that failed has no episode
                after, steps = acknowledge(episode)
                for step in steps:
                    tx.put_episode(after)
                    put_step(tx, after, step, tx.now_ns(), {})
                return after.state
    raise InputError(f"no alert {number}", hint="acct alerts lists them with their ids")


def mute_rule(config: Config, rule: str, until_ns: int | None) -> None:
    """Let a rule say nothing until then, or speak again; what it would have said is counted and told then."""
    with closing(open_journal(config.database)) as journal, journal.transaction() as tx:
        tx.put_mute(rule, until_ns)


def try_channel(config: Config, name: str) -> None:
    """Tell a test on one channel. Raises ``InputError`` when there is none, ``Unreachable`` when it does not arrive.

    Raises ``ConfigError`` for one that is configured and wrong.
    """
    known = config.alerts.channels
    if name not in known:
        for refused in config.alerts.refused:
            if f".alerts.channels.{name}." in f".{refused.key}.":
                raise refused
        hint = did_you_mean(name, known) or f"add it under [alerts.channels] in {config.place}"
        raise InputError(f"no channel {name!r}", hint=hint)
    now = time.time_ns()
    test = AlertRow(
        at_ns=now,
        account="acct",
        rule="TEST",
        key="",
        episode=0,
        what="fired",
        severity="info",
        value=None,
        threshold=None,
        text=f"this is a test of the channel {name}",
        notice=now,
    )
    asyncio.run(channel_of(config, name).tell(test))
