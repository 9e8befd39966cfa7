"""What a look says is stored in one transaction: states of slots, lines of history, and what is to be told.

It is worked out from what is stored at that moment, so that two processes that look at once store it once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set

import msgspec

from account_cli.alerts import Episode, Judgement, Policy, Reading, Settings, Severity, Step, advance, happened, judge
from account_cli.alerts.rules import BY_NAME, SEVERITIES
from account_cli.alerts.settings import graver
from account_cli.domain.health import Notice
from account_cli.domain.money import ZERO
from account_cli.domain.times import MINUTE
from account_cli.killing import fault
from account_cli.ports import AlertRow, JournalTx
from account_cli.reports.accounts import POLL_INTERVAL_NS
from account_cli.reports.valuation import PEGGED

_CODE = "alert"


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What holds now: the settings, each channel with the least severity it is told, and how figures are valued."""

    settings: Settings = Settings()
    channels: Mapping[str, Severity] = {}
    currency: str = "USD"
    pegged: tuple[str, ...] = PEGGED
    poll_interval_ns: int = POLL_INTERVAL_NS


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one account: its readings, the new facts that a rule is about, and how far facts were looked at.

    ``rules`` are those that were looked at; None: all of them.
    """

    account: str
    at_ns: int
    readings: tuple[Reading, ...]
    events: tuple[Reading, ...] = ()
    reach: tuple[int, int] | None = None
    rules: Set[str] | None = None


Stepped = tuple[Episode, list[Step]]


def steps(seen: Seen, stored: Iterable[Episode], decided: Decided, mutes: Mapping[str, int]) -> list[Stepped]:
    """Return every slot that something happens to, with what happens; ``stored`` are the account's last episodes."""
    episodes = {(one.rule, one.key): one for one in stored}
    settings, found = decided.settings, {}
    for reading in seen.readings:
        slot = (reading.rule, reading.key)
        known = episodes.get(slot)
        standard = settings.standard(BY_NAME[reading.rule], seen.account, reading.key)
        judged = judge(reading, standard, firing=known is not None and known.is_on)
        if known is None and (judged is None or judged.is_ != "breach"):
            continue
        before = known or Episode(rule=reading.rule, account=seen.account, key=reading.key)
        found[slot] = _advanced(before, judged, settings, mutes, seen.at_ns)
    untold = {one.rule for one in seen.readings if one.value is None}
    for slot, before in episodes.items():
        if slot in found or (seen.rules is not None and before.rule not in seen.rules):
            continue
        gone = before.is_on and before.rule not in untold
        found[slot] = _advanced(before, _nothing(before) if gone else None, settings, mutes, seen.at_ns)
    for reading in seen.events:
        slot = (reading.rule, reading.key)
        before, already = found.get(slot) or (
            episodes.get(slot) or Episode(rule=reading.rule, account=seen.account, key=reading.key),
            [],
        )
        standard = settings.standard(BY_NAME[reading.rule], seen.account, reading.key)
        judged = judge(reading, standard, firing=False)
        if judged is not None and judged.is_ == "breach":
            after, more = happened(before, judged, _policy(before, judged, settings, mutes, seen.at_ns), seen.at_ns)
            found[slot] = (after, [*already, *more])
    return _as_one([one for one in found.values() if one[1]], episodes.values(), seen.at_ns)


def _as_one(changed: Iterable[Stepped], stored: Collection[Episode], now_ns: int) -> list[Stepped]:
    """Let one message tell a person what is told of one rule at once, the gravest first, each key by its sentence.

    Streams that fall silent together do not all reach their limit at one moment: those that come after the message
    that named them are not told again.
    """
    done: list[Stepped] = []
    leads: dict[str, int] = {}
    for episode, happenings in sorted(changed, key=lambda one: -SEVERITIES.index(one[0].severity)):
        rule, at = BY_NAME.get(episode.rule), leads.get(episode.rule)
        tells = rule is not None and rule.per != "account" and not rule.event and any(one.notice for one in happenings)
        if not tells:
            done.append((episode, happenings))
            continue
        named = any(_names(one, episode, now_ns) for one in stored)
        aside = named or at is not None
        told = [msgspec.structs.replace(one, aside=aside and one.notice > 0) for one in happenings]
        done.append((msgspec.structs.replace(episode, aside=aside), told))
        if not aside:
            leads[episode.rule] = len(done) - 1
        elif at is not None and not named:
            lead, its = done[at]
            done[at] = (msgspec.structs.replace(lead, text=_with(lead.text, episode.text)), its)
    return done


def _names(other: Episode, episode: Episode, now_ns: int) -> bool:
    """True when a message of the last minute about another stream named this one too."""
    lately = other.told_ns is not None and 0 <= now_ns - other.told_ns < MINUTE and not other.aside
    alike = other.is_on and other.rule == episode.rule == "STREAM_STALE" and other.key != episode.key
    return alike and lately and episode.key in other.text.replace(",", "").split()


def _with(text: str, more: str) -> str:
    return text if more in text else f"{text}; {more}"


def _advanced(
    before: Episode, judged: Judgement | None, settings: Settings, mutes: Mapping[str, int], now_ns: int
) -> Stepped:
    return advance(before, judged, _policy(before, judged, settings, mutes, now_ns), now_ns)


def _nothing(before: Episode) -> Judgement:
    """Return the judgement of a slot that is not there any more: a position that was closed, a drift that is gone."""
    return Judgement(is_="clear", severity=before.severity, threshold=before.threshold or ZERO, value=None, text="")


def _policy(
    before: Episode, judged: Judgement | None, settings: Settings, mutes: Mapping[str, int], now_ns: int
) -> Policy:
    severity = before.severity
    if judged is not None and judged.is_ == "breach" and (not before.is_on or graver(judged.severity, severity)):
        severity = judged.severity
    muted = mutes.get(before.rule, 0) > now_ns
    return Policy(
        suppress_ns=settings.suppress_ns,
        repeat_ns=settings.repeat_ns,
        escalate_ns=settings.escalate_ns,
        may_tell=not muted and settings.may_tell(severity, now_ns),
    )


def store(tx: JournalTx, seen: Seen, decided: Decided) -> int:
    """Store what a look says, judged anew by what is stored now; return how much is to be told."""
    told = 0
    for episode, happenings in steps(seen, tx.episodes(seen.account), decided, tx.mutes()):
        tx.put_episode(episode)
        for step in happenings:
            told += put_step(tx, episode, step, seen.at_ns, decided.channels)
    if seen.reach is not None:
        tx.put_alert_reach(seen.account, *seen.reach)
    return told


def put_step(tx: JournalTx, episode: Episode, step: Step, at_ns: int, channels: Mapping[str, Severity]) -> int:
    """Add one line to the history, and a notice to the screen; return on how many channels it is to be told."""
    row = AlertRow(
        at_ns=at_ns,
        account=episode.account,
        rule=episode.rule,
        key=episode.key,
        episode=episode.number,
        what=step.what,
        severity=episode.severity,
        value=episode.value,
        threshold=episode.threshold,
        text=episode.text,
        count=step.count,
        notice=step.notice,
    )
    told = step.notice > 0 and not step.aside
    names = [name for name, least in channels.items() if not graver(least, row.severity)] if told else []
    fault("before_alert_commit")
    tx.put_alert(row, names)
    if told:
        count = f" ({step.count} times)" if step.count > 1 else ""
        text = f"{episode.rule}: {episode.text}{count}"
        tx.put_notices([Notice(account=row.account, at_ns=at_ns, severity=row.severity, code=_CODE, text=text)])
    return len(names)
