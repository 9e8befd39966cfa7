"""A mail over SMTP: ``smtp://user:password@host:587/?from=a@b&to=c@d``; ``smtps://`` speaks TLS from the first byte.

``smtp://`` begins TLS where the server offers it, and never sends a password without it but to this machine itself. The
``Message-ID`` is made of the alert's id, so that a mail that is sent twice is one mail in most readers.
"""

from __future__ import annotations

import asyncio
import hashlib
import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from account_cli.domain.times import format_time
from account_cli.errors import Unreachable
from account_cli.notify.words import line, subject
from account_cli.ports import AlertRow

_WITHIN_S = 10.0
_LOCAL = {"127.0.0.1", "::1", "localhost"}


class Mail:
    """One mailbox, or several."""

    def __init__(self, url: str, *, hide_amounts: bool = False) -> None:
        self._parts, self._hide = urlsplit(url), hide_amounts
        asked = parse_qs(self._parts.query)
        self._to = [address for given in asked.get("to", []) for address in given.split(",") if address]
        self._from = (asked.get("from") or self._to or ["acct@localhost"])[0]

    async def tell(self, alert: AlertRow) -> None:
        """Send it; raises ``Unreachable``."""
        await asyncio.to_thread(self._send, self.message(alert))

    def message(self, alert: AlertRow) -> EmailMessage:
        """Return the mail."""
        mail = EmailMessage()
        mail["Subject"] = subject(alert)
        mail["From"], mail["To"] = self._from, ", ".join(self._to)
        mail["Message-ID"] = f"<{hashlib.sha256(alert.id.encode()).hexdigest()[:32]}@acct.invalid>"
        mail["X-Acct-Alert"] = alert.id.encode("ascii", "replace").decode()
        told = line(alert, hide_amounts=self._hide)
        mail.set_content(
            f"{told}\n\n{format_time(alert.at_ns)}, alert {alert.number}\nacct alerts ack {alert.number}\n"
        )
        return mail

    def _send(self, mail: EmailMessage) -> None:
        host = self._parts.hostname or "localhost"
        secure = self._parts.scheme == "smtps"
        port = self._parts.port or (465 if secure else 587)
        context = ssl.create_default_context()
        try:
            opened = (
                smtplib.SMTP_SSL(host, port, timeout=_WITHIN_S, context=context)
                if secure
                else smtplib.SMTP(host, port, timeout=_WITHIN_S)
            )
            with opened as server:
                if not secure and "starttls" in {name.lower() for name in self._offers(server)}:
                    server.starttls(context=context)
                    secure = True
                if self._parts.username:
                    if not secure and host not in _LOCAL:
                        raise Unreachable(f"{host} offers no TLS: the password is not sent")
                    server.login(unquote(self._parts.username), unquote(self._parts.password or ""))
                server.send_message(mail)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise Unreachable(f"mail to {host} cannot be sent: {type(error).__name__}") from None

    @staticmethod
    def _offers(server: smtplib.SMTP) -> list[str]:
        server.ehlo_or_helo_if_needed()
        return list(server.esmtp_features)
