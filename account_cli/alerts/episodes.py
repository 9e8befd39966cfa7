"""An episode begins with a breach and ends when the figure is back: it is told once, and what is held back is not lost.

Theory. Per (rule, account, key) there is one ``Episode``, the last one. A breach begins another, with the next number.
It is told at once, unless something of the same slot was told within ``suppress_ns``, the hours are quiet or the rule
is muted: then it is counted in ``untold``, and told with that count as soon as none of these holds, be it over by then
or not. While it fires, unacknowledged, it is told again every ``repeat_ns`` and once as critical after ``escalate_ns``;
a graver level is told at once. Every telling has a number of its own in its slot, so that its id never changes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from account_cli.alerts.judging import Judgement
from account_cli.alerts.rules import Severity
from account_cli.alerts.settings import graver

EpisodeState = Literal["firing", "acknowledged", "resolved"]
StepKind = Literal["fired", "worse", "repeated", "escalated", "counted", "told", "acknowledged", "resolved"]


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """The last episode of a slot. ``tellings`` counts all notices of the slot, ``untold`` episodes not told yet.

    ``aside``: a person heard of it last in the message about another key.
    """

    rule: str
    account: str
    key: str
    state: EpisodeState = "resolved"
    number: int = 0
    began_ns: int = 0
    ended_ns: int | None = None
    severity: Severity = "info"
    value: Decimal | None = None
    threshold: Decimal | None = None
    text: str = ""
    told_ns: int | None = None
    tellings: int = 0
    untold: int = 0
    escalated: bool = False
    aside: bool = False

    @property
    def is_on(self) -> bool:
        """True while the breach lasts."""
        return self.state != "resolved"


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How a slot is told: times in nanoseconds, 0 for never; ``may_tell`` False in quiet hours and while muted."""

    suppress_ns: int
    repeat_ns: int = 0
    escalate_ns: int = 0
    may_tell: bool = True


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to an episode; ``notice`` is the number of the telling, 0 when it is not told.

    ``count`` is how many episodes that telling stands for, and 0 where one ends that was not told. ``aside``: a person
    hears of it in the message about another key.
    """

    what: StepKind
    notice: int = 0
    count: int = 1
    aside: bool = False


Stepped = tuple[Episode, list[Step]]


def advance(episode: Episode, judgement: Judgement | None, policy: Policy, now_ns: int) -> Stepped:
    """Return the episode as it is after this judgement, and what happened; None judges nothing, time alone passes."""
    steps: list[Step] = []
    if judgement is not None and judgement.is_ == "breach":
        episode = _breached(episode, judgement, policy, now_ns, steps)
    elif judgement is not None and judgement.is_ == "clear" and episode.is_on:
        episode = msgspec.structs.replace(episode, state="resolved", ended_ns=now_ns, value=judgement.value)
        steps.append(Step(what="resolved", count=0 if episode.untold else 1))
    return _in_time(episode, policy, now_ns, steps), steps


def happened(episode: Episode, judgement: Judgement, policy: Policy, now_ns: int) -> Stepped:
    """Return the episode after an event, which is over as it begins."""
    steps: list[Step] = []
    ended = msgspec.structs.replace(episode, state="resolved")
    begun = _breached(ended, judgement, policy, now_ns, steps)
    return msgspec.structs.replace(begun, state="resolved", ended_ns=now_ns), steps


def acknowledge(episode: Episode) -> Stepped:
    """Return the episode after a person said that it is seen: it is not told again, unless it gets worse."""
    if episode.state != "firing":
        return episode, []
    return msgspec.structs.replace(episode, state="acknowledged"), [Step(what="acknowledged")]


def _breached(episode: Episode, judgement: Judgement, policy: Policy, now_ns: int, steps: list[Step]) -> Episode:
    worse = episode.is_on and graver(judgement.severity, episode.severity)
    begins = not episode.is_on
    if not begins and not worse:
        return msgspec.structs.replace(episode, value=judgement.value)
    now = msgspec.structs.replace(
        episode,
        state="firing",
        severity=judgement.severity,
        value=judgement.value,
        threshold=judgement.threshold,
        text=judgement.text,
    )
    if begins:
        now = msgspec.structs.replace(
            now,
            number=episode.number + 1,
            began_ns=now_ns,
            ended_ns=None,
            escalated=False,
            untold=episode.untold + 1,
        )
        if not policy.may_tell or _just_told(episode, policy, now_ns):
            steps.append(Step(what="counted"))
            return now
        return _told(now, "fired", now_ns, steps)
    if not policy.may_tell:
        steps.append(Step(what="worse"))
        return msgspec.structs.replace(now, untold=max(now.untold, 1))
    return _told(now, "worse", now_ns, steps)


def _just_told(episode: Episode, policy: Policy, now_ns: int) -> bool:
    """True within ``suppress_ns`` of the last notice; one from the future counts for nothing: a clock was set back."""
    return episode.told_ns is not None and 0 <= now_ns - episode.told_ns < policy.suppress_ns


def _in_time(episode: Episode, policy: Policy, now_ns: int, steps: list[Step]) -> Episode:
    """Tell what time alone makes due."""
    if not policy.may_tell or any(step.notice for step in steps):
        return episode
    if episode.untold:
        return episode if _just_told(episode, policy, now_ns) else _told(episode, "told", now_ns, steps)
    if episode.state != "firing" or episode.told_ns is None:
        return episode
    if policy.escalate_ns and not episode.escalated and now_ns - episode.began_ns >= policy.escalate_ns:
        up = msgspec.structs.replace(episode, escalated=True, severity="critical")
        return _told(up, "escalated", now_ns, steps)
    if policy.repeat_ns and now_ns - episode.told_ns >= policy.repeat_ns:
        return _told(episode, "repeated", now_ns, steps)
    return episode


def _told(episode: Episode, what: StepKind, now_ns: int, steps: list[Step]) -> Episode:
    told = msgspec.structs.replace(episode, told_ns=now_ns, tellings=episode.tellings + 1, untold=0)
    steps.append(Step(what=what, notice=told.tellings, count=max(episode.untold, 1)))
    return told
