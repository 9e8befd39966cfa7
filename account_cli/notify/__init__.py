"""Tells an alert somewhere: a webhook, a mail server, the terminal, or any of the places that Apprise knows.

``words``    what is said, with amounts or without, and nothing in it that a place could take for a command
``addresses`` which are not told
``webhook``  ``https://…``: a POST of JSON     ``mail``  ``smtp://…``, ``smtps://…``     ``elsewhere``  by Apprise

A channel opens its connection when it tells, and keeps none.
"""

from __future__ import annotations

import sys
from urllib.parse import urlsplit

from account_cli.notify.elsewhere import Elsewhere
from account_cli.notify.mail import Mail
from account_cli.notify.webhook import Webhook
from account_cli.notify.words import line
from account_cli.ports import AlertRow, Channel

__all__ = ["Bell", "open_channel"]


class Bell:
    """The terminal that the process runs in: a bell, and nothing where there is none."""

    async def tell(self, alert: AlertRow) -> None:  # noqa: ARG002 -- a bell has one sound
        """Ring."""
        if sys.stderr.isatty():
            sys.stderr.write("\a")
            sys.stderr.flush()


class Log:
    """A line on stderr: for whatever reads the log of a service."""

    def __init__(self, *, hide_amounts: bool) -> None:
        self._hide = hide_amounts

    async def tell(self, alert: AlertRow) -> None:
        """Write it."""
        sys.stderr.write(f"alert: {line(alert, hide_amounts=self._hide)}\n")
        sys.stderr.flush()


def open_channel(url: str, *, hide_amounts: bool = False, allow_link_local: bool = False) -> Channel:
    """Return the channel that a URL means; nothing is connected yet.

    ``allow_link_local``: also to addresses that only machines talk to, where clouds keep their credentials.
    """
    scheme = urlsplit(url).scheme
    if scheme in {"http", "https"}:
        return Webhook(url, hide_amounts=hide_amounts, allow_link_local=allow_link_local)
    if scheme in {"smtp", "smtps"}:
        return Mail(url, hide_amounts=hide_amounts)
    if scheme == "bell":
        return Bell()
    if scheme == "log":
        return Log(hide_amounts=hide_amounts)
    return Elsewhere(url, hide_amounts=hide_amounts, allow_link_local=allow_link_local)
