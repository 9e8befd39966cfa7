"""Telegram, Slack, Discord, the desktop and a hundred more, by Apprise, one URL each; needs ``acct[alerts]``.

Apprise is loaded when something is told, and not before. Its own retries are not used: the telling is tried again by
``engine.delivering``.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from account_cli.errors import Unreachable
from account_cli.notify.addresses import names_refused
from account_cli.notify.words import line, subject
from account_cli.ports import AlertRow

_KINDS = {"info": "info", "warning": "warning", "critical": "failure"}


class Elsewhere:
    """One Apprise URL."""

    def __init__(self, url: str, *, hide_amounts: bool = False, allow_link_local: bool = False) -> None:
        self._url, self._hide, self._allow_link_local = url, hide_amounts, allow_link_local

    async def tell(self, alert: AlertRow) -> None:
        """Tell it; raises ``Unreachable``."""
        scheme, host = urlsplit(self._url).scheme, urlsplit(self._url).hostname or ""
        if names_refused(host, allow_link_local=self._allow_link_local):
            raise Unreachable(f"alerts are not told to {host}")
        try:
            import apprise
        except ImportError:
            raise Unreachable(f"{scheme}:// needs Apprise: pip install apprise") from None
        told = apprise.Apprise()
        if not told.add(self._url):
            raise Unreachable(f"Apprise cannot read this {scheme}:// URL")
        done = await told.async_notify(
            body=line(alert, hide_amounts=self._hide),
            title=subject(alert),
            notify_type=_KINDS[alert.severity],
            body_format=apprise.NotifyFormat.TEXT,
        )
        if not done:
            raise Unreachable(f"{scheme}:// did not take it")
