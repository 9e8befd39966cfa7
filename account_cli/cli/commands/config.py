"""``acct config`` begins, shows, changes and checks the configuration; no secret is ever shown by it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from account_cli.cli.options import JsonFlag
from account_cli.cli.session import Session, session_of, venue_names
from account_cli.errors import InputError

if TYPE_CHECKING:
    from account_cli.config.load import Document
    from account_cli.config.showing import Setting

EXAMPLES = (
    ("acct config init", "begin a file, with every key explained in it"),
    ("acct config show --origin", "what holds, and which line or variable says so"),
    ("acct config get currency", "one value"),
    ("acct config set accounts.main.poll_interval 5m", "change one key, and leave the rest of the file alone"),
    ("acct config validate", "whether the file would be taken"),
)
WORDS = ("init", "path", "show", "get", "set", "unset", "validate", "schema")
_TAKES = {"get": 1, "set": 2, "unset": 1}

What = Annotated[str, typer.Argument(metavar="|".join(WORDS), help="What to do.")]
Rest = Annotated[list[str] | None, typer.Argument(metavar="[KEY [VALUE]]", help="Which key; with set, its new value.")]
OriginFlag = Annotated[bool, typer.Option("--origin", help="With show and get: where each value came from.")]


def command(
    ctx: typer.Context, what: What, rest: Rest = None, origin: OriginFlag = False, json: JsonFlag = False
) -> int:
    """Show, change or begin the configuration.

    init writes a file that explains every key; path says where the file is; show lists what holds, get one key; set and
    unset change one key of the file, which is checked before it is replaced; schema is for editors. With --profile they
    read and write that profile.
    """
    from account_cli.cli.words import choice

    session = session_of(ctx, json=json)
    choice(what, WORDS, "what to do")
    words = rest or []
    if len(words) != _TAKES.get(what, 0):
        raise InputError(f"acct config {what} takes {_number(_TAKES.get(what, 0))}", hint=_usage(what))
    if origin and what not in {"show", "get"}:
        raise InputError("--origin belongs to show and get", hint="acct config show --origin")
    if what in {"set", "unset"}:
        return _change(session, words)
    if what in {"show", "get"}:
        return _show(session, words, origin=origin)
    return {"init": _init, "path": _path, "validate": _validate, "schema": _schema}[what](session)


def _number(words: int) -> str:
    return {0: "nothing more", 1: "a key", 2: "a key and its value"}[words]


def _usage(what: str) -> str:
    words = {"get": " KEY", "unset": " KEY", "set": " KEY VALUE"}.get(what, "")
    return f"acct config {what}{words}"


def _document(session: Session) -> Document:
    from account_cli.config.load import read_document

    return read_document(session.config_path, os.environ, profile=session.profile)


def _path(session: Session) -> int:
    from account_cli.cli.diagnostics import note
    from account_cli.cli.output import write_json, write_lines
    from account_cli.config.paths import places

    where = places(os.environ, config=session.config_path).config_file
    if session.wants_json:
        write_json({"schema": "acct.config.path/1", "path": str(where), "exists": where.is_file()})
    else:
        write_lines([str(where)])
    if not where.exists():
        note("there is no such file yet: acct config init", session)
    return 0


def _show(session: Session, words: list[str], *, origin: bool) -> int:
    from account_cli.config.showing import setting, settings

    document = _document(session)
    config = document.config(venue_names)
    found = [setting(words[0], document, config)] if words else settings(document, config)
    if session.wants_json:
        from msgspec import to_builtins

        from account_cli.cli.output import write_json

        items = [to_builtins(one) for one in found]
        write_json({"schema": "acct.config/1", "path": document.file, "profile": document.profile, "items": items})
        return 0
    _write(found, alone=bool(words), origin=origin, session=session)
    return 0


def _write(found: list[Setting], *, alone: bool, origin: bool, session: Session) -> None:
    from account_cli.cli.output import write_lines
    from account_cli.config.example import literal
    from account_cli.reports.render import clean_text

    lines = []
    for one in found:
        if one.value is None and not alone:
            continue
        if alone:
            value = one.value if isinstance(one.value, str) else "" if one.value is None else literal(one.value)
            lines.append(f"{clean_text(value, missing='')}" + (f"  # {clean_text(one.where)}" if origin else ""))
            continue
        line = f"{clean_text(one.key)} = {clean_text(literal(one.value), 500)}"
        lines.append(f"{line:<48}  # {clean_text(session.clean(one.where))}" if origin else line)
    write_lines(lines)


def _validate(session: Session) -> int:
    from account_cli.cli.diagnostics import note, show_error
    from account_cli.errors import worst_exit

    document = _document(session)
    if codes := [show_error(error, session) for error in document.every_error(venue_names)]:
        note(f"{document.file}: {_counted(len(codes), 'error')}", session)
        return worst_exit(codes)
    config = document.config(venue_names)
    profiles = document.layers.profiles()
    if not document.exists:
        note(f"{document.file} is not there, which is fine: everything has its default", session)
        return 0
    beside = f" and {_counted(len(profiles), 'profile')}" if profiles else ""
    note(f"{document.file} is in order: {_counted(len(config.accounts), 'account')}{beside}", session)
    return 0


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _schema(_session: Session) -> int:
    import json

    from account_cli.cli.output import write_lines
    from account_cli.config.schema import schema

    write_lines([json.dumps(schema(), indent=2)])
    return 0


def _change(session: Session, words: list[str]) -> int:
    from account_cli.cli.diagnostics import note
    from account_cli.config.edit import set_key, unset_key
    from account_cli.config.paths import places

    place = places(os.environ, config=session.config_path).config_file
    profile = session.profile or os.environ.get("ACCT_PROFILE") or None
    if len(words) == 2:
        said = set_key(place, words[0], words[1], profile=profile, venues=venue_names)
    else:
        said = unset_key(place, words[0], profile=profile, venues=venue_names)
    note(f"{place}: {said}", session)
    return 0


def _init(session: Session) -> int:
    from account_cli.cli.beginning import begin

    return begin(session)
