"""What one run of acct knows: its options, its configuration, its streams and what must not be shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from account_cli.cli.shape import Shape
from account_cli.errors import AcctError
from account_cli.redaction import Redactor

if TYPE_CHECKING:
    import typer

    from account_cli.config import Config

Color = Literal["auto", "always", "never"]
_CODES = {"red": "31", "yellow": "33", "cyan": "36"}
_SECRET_ENDINGS = ("_API_KEY", "_SECRET", "_PASSPHRASE", "_PASSWORD", "_TOKEN")


class Session:
    """One run. The options of the command line are written into it while they are read."""

    def __init__(self, *, wants_json: bool = False) -> None:
        self.config_path: Path | None = None
        self.color: Color = "auto"
        self.verbosity = 0
        self.quiet = False
        self.wants_json = wants_json
        self.asks = True
        self.profile: str | None = None
        self.shape = Shape()
        self.tells_refused = False
        """The command says itself what of the configuration is left out."""
        self._config: Config | None = None
        self._redactor: Redactor | None = None

    def may_ask(self) -> bool:
        """True when a person may be asked: there is one, and ``--no-input`` was not given."""
        return self.asks and is_terminal(sys.stdin) and is_terminal(sys.stderr)

    @property
    def config(self) -> Config:
        """The configuration, read when first asked for. Raises ``ConfigError``."""
        if self._config is None:
            from account_cli.config import load_config

            self._config = load_config(self.config_path, os.environ, venues=venue_names, profile=self.profile)
            self._redactor = None
            if self._config.alerts.refused and not self.tells_refused:
                from account_cli.cli.diagnostics import warn

                for error in self._config.alerts.refused:
                    warn(error.left_out(), self)
        return self._config

    def clean(self, text: str) -> str:
        """Take every secret out of ``text`` that this process knows."""
        adapters = sys.modules.get("account_cli.bootstrap")
        if adapters is not None:
            text = str(adapters.REDACTOR.clean(text))
        return self.redactor.clean(text)

    @property
    def redactor(self) -> Redactor:
        """Knows every secret that stands in the environment or in the configuration read so far."""
        if self._redactor is None:
            self._redactor = Redactor()
            self._redactor.learn(*(v.strip() for k, v in os.environ.items() if k.upper().endswith(_SECRET_ENDINGS)))
            if self._config is not None:
                from account_cli.ports.location import password_of

                for place in (self._config.database, self._config.redis):
                    self._redactor.learn(None if place is None else password_of(place))
            for account in self._config.accounts.values() if self._config else ():
                self._redactor.learn(*account.keys.secrets())
        return self._redactor

    def state_dir(self) -> Path:
        """Return where logs and reports go, also when the configuration cannot be read."""
        from account_cli.config.paths import places

        try:
            return self.config.state_dir
        except AcctError:
            return places(os.environ).state_dir

    def paint(self, text: str, color: str) -> str:
        """Colour a word for stderr, where it may be coloured."""
        return painted(text, color) if self.may_color(sys.stderr) else text

    def may_color(self, stream: object) -> bool:
        """Apply ``--color``, then ``NO_COLOR`` and ``FORCE_COLOR``, then whether it is a terminal that can."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def painted(text: str, color: str) -> str:
    """Return a word in red, yellow or cyan."""
    return f"\x1b[{_CODES[color]}m{text}\x1b[0m"


def session_of(ctx: typer.Context, *, json: bool | None = None) -> Session:
    """Return the run that a command belongs to; ``json`` is the command's own ``--json``."""
    session = ctx.find_root().obj
    assert isinstance(session, Session)
    if json is not None:
        session.wants_json = json
    return session


def is_terminal(stream: object) -> bool:
    """True when a person sees what is written to ``stream``; a closed one is none."""
    try:
        return bool(getattr(stream, "isatty", bool)())
    except ValueError:
        return False


def venue_names() -> Sequence[str]:
    """Return the names of the exchanges that can be read; loads no exchange library."""
    from account_cli.exchanges import venues

    return tuple(venues())
