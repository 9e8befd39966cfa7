"""Alerts beside the collectors: the rules and channels that the configuration names at that moment, and a heartbeat."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping

from account_cli.bootstrap import REDACTOR
from account_cli.config import Config
from account_cli.domain.times import SECOND
from account_cli.engine.alert_storing import Decided
from account_cli.engine.alerting import EVERY_S, Alerting
from account_cli.errors import AcctError, Unreachable
from account_cli.notify import open_channel
from account_cli.notify.webhook import beat
from account_cli.ports import AlertRow, Channel, Clock

_LOG = logging.getLogger(__name__)
HEARTBEAT_S = 60.0


def decided_of(config: Config) -> Decided:
    """Return what holds by this configuration."""
    said = config.alerts
    longest = max((account.poll_interval for account in config.accounts.values()), default=60.0)
    return Decided(
        settings=said.settings,
        channels={name: channel.least for name, channel in said.channels.items()},
        currency=config.currency,
        pegged=config.pegged,
        poll_interval_ns=int(longest * SECOND),
    )


class Unusable:
    """A channel that is configured, and whose URL cannot be had."""

    def __init__(self, why: str) -> None:
        self._why = why

    async def tell(self, alert: AlertRow) -> None:  # noqa: ARG002 -- nothing can be told
        """Raise ``Unreachable``."""
        raise Unreachable(self._why)


class Channels:
    """The channels of the configuration, opened anew when it has changed."""

    def __init__(self, config: Callable[[], Config]) -> None:
        self._config = config
        self._of: Config | None = None
        self._opened: dict[str, Channel] = {}

    def __call__(self) -> Mapping[str, Channel]:
        """Return the channels by name; one whose URL cannot be had takes nothing, and says why."""
        config = self._config()
        if config is not self._of:
            self._of, self._opened = config, {}
            for name in config.alerts.channels:
                try:
                    self._opened[name] = channel_of(config, name)
                except AcctError as error:
                    _LOG.warning("the channel %s is not used: %s", name, error.message)
                    self._opened[name] = Unusable(error.message)
        return self._opened


def channel_of(config: Config, name: str) -> Channel:
    """Return a channel of the configuration; its URL is a secret from here on. Raises ``ConfigError``."""
    url = config.alerts.channels[name].url(name, file=str(config.place))
    REDACTOR.learn(url)
    said = config.alerts
    return open_channel(url, hide_amounts=said.hide_amounts, allow_link_local=said.allow_link_local)


async def heartbeat(config: Callable[[], Config], alerting: Alerting, clock: Clock) -> None:
    """Tell a dead man's switch every minute that the rules are being looked at, until cancelled."""
    while True:
        url = config().alerts.heartbeat_url
        lately = clock.now_ns() - alerting.looked_ns <= (HEARTBEAT_S + EVERY_S) * SECOND
        if url is not None and lately:
            with contextlib.suppress(AcctError, asyncio.TimeoutError):
                await beat(url)
        await clock.sleep(HEARTBEAT_S if url is not None and lately else EVERY_S)
