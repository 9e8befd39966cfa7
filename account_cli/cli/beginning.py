"""``acct config init``: a few questions, then a file in which every key is explained."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from account_cli.cli.diagnostics import note
from account_cli.cli.session import Session, venue_names
from account_cli.errors import AcctError, InputError


def begin(session: Session) -> int:
    """Write the file. Raises ``InputError`` where there is one already."""
    from account_cli.config.edit import begin_file
    from account_cli.config.paths import places

    place = places(os.environ, config=session.config_path).config_file
    if place.exists():
        raise InputError(
            f"{place} is there already", hint="acct config show says what is in it, acct config set changes one key"
        )
    currency, exchange, name = None, None, None
    if session.may_ask():
        currency = answer(session, "Value everything in which currency?", "USD", _currency)
        exchange = answer(session, "At which exchange is your first account? (empty: none yet)", "", _exchange) or None
        if exchange is not None:
            name = answer(session, "What will you call this account?", exchange, _name)
    begin_file(place, currency=currency, exchange=exchange, name=name, venues=venue_names)
    note(f"{place} is written; acct config validate checks it after you changed it", session)
    if name is not None:
        note(f"next, its key, which may only read: acct accounts key {name}", session)
    return 0


def answer(session: Session, question: str, default: str, check: Callable[[str], str]) -> str:
    """Ask until the answer can be used; an empty one is the default. A closed terminal is no answer."""
    from account_cli.cli.diagnostics import one_line

    while True:
        sys.stderr.write(f"{question}{f' [{default}]' if default else ''} ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            raise InputError("there is nobody to answer", hint="--no-input does without questions")
        try:
            return check(line.strip() or default)
        except AcctError as error:
            hint = f" ({one_line(error.hint, session)})" if error.hint else ""
            sys.stderr.write(f"  {one_line(error.message, session)}{hint}\n")


def _currency(text: str) -> str:
    from account_cli.config.keys import TOP_KEYS, Wrong

    try:
        return str(TOP_KEYS["currency"](text))
    except Wrong as wrong:
        raise InputError(wrong.message) from None


def _exchange(text: str) -> str:
    from account_cli.config.nearest import did_you_mean

    venues = venue_names()
    if text and text.lower() not in venues:
        raise InputError(f"unknown exchange {text!r}", hint=did_you_mean(text, venues) or "acct accounts --help")
    return text.lower()


def _name(text: str) -> str:
    from account_cli.config.load import ACCOUNT_NAME

    if not ACCOUNT_NAME.fullmatch(text):
        raise InputError("an account's name is letters, digits, '_', '-', '.' and ':'")
    return text
