"""One grammar over all that reads: which rows, which columns, in which order, in whose time, and how often.

The options live here once; ``app`` gives them to every command that reads, and ``output`` applies them to whatever
report it is handed. A command need not know them. Rows are kept by time first, then sorted, then limited.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

import typer

from account_cli.cli.lean import OUTPUT
from account_cli.cli.options import SINCE_HELP, UNTIL_HELP
from account_cli.cli.zones import Zone, zone_named
from account_cli.errors import InputError

if TYPE_CHECKING:
    from account_cli.cli.session import Session

Row = TypeVar("Row")


class Reads(NamedTuple):
    """How a command reads.

    ``rows``: its answer is a table, so columns, order and number can be chosen; else it is a page. ``moment`` is the
    field by which its rows are kept between ``--since`` and ``--until``, where the command does not do that itself.
    """

    rows: bool = True
    moment: str | None = None


class Shape:
    """What was asked of the output of this run; ``round`` counts the answers that ``--watch`` gave a pipe so far."""

    def __init__(self) -> None:
        self.columns: tuple[str, ...] = ()
        self.sort: tuple[str, ...] = ()
        self.limit: int | None = None
        self.since: str | None = None
        self.until: str | None = None
        self.moment: str | None = None
        self.zone_given: str | None = None
        self.every_s: float | None = None
        self.pages = True
        self.round = 0
        self.said: set[str] = set()

    @property
    def zone(self) -> Zone | None:
        """The zone that people read and write times in; None is UTC."""
        if self.zone_given is not None:
            return zone_named(self.zone_given, "--tz")
        named = os.environ.get("ACCT_TZ")
        return zone_named(named, "ACCT_TZ") if named else None

    @property
    def newest(self) -> int | None:
        """How many rows a database need hand out, in the command's own order; None for all of them."""
        return None if self.sort or self.since or self.until else self.limit

    @property
    def is_chosen(self) -> bool:
        """True when columns or their order were chosen, so that only one table can be meant."""
        return bool(self.columns or self.sort)


def _in_shape(name: str) -> Any:
    """Return a callback that keeps an option's value in the run's shape."""

    def keep(ctx: typer.Context, value: Any) -> Any:
        if value is not None and value is not False:
            from account_cli.cli.session import session_of

            _KEEP.get(name, setattr)(session_of(ctx).shape, name, value)
        return value

    return keep


def _set_names(shape: Shape, name: str, value: str) -> None:
    setattr(shape, name, tuple(part.strip() for part in value.split(",") if part.strip()))


def _set_limit(shape: Shape, _: str, value: int) -> None:
    from account_cli.cli.words import counted

    shape.limit = counted(value, "--limit")


def _set_every(shape: Shape, _: str, value: str) -> None:
    from account_cli.cli.words import span
    from account_cli.domain.times import SECOND

    shape.every_s = span(value, "--watch") / SECOND


def _set_zone(shape: Shape, _: str, value: str) -> None:
    zone_named(value, "--tz")
    shape.zone_given = value


def _set_pages(shape: Shape, _: str, value: bool) -> None:
    shape.pages = not value


_KEEP: dict[str, Any] = {
    "columns": _set_names,
    "sort": _set_names,
    "limit": _set_limit,
    "every_s": _set_every,
    "zone_given": _set_zone,
    "pages": _set_pages,
}


def _option(name: str, *words: str, help: str, metavar: str | None = None) -> Any:  # noqa: A002 -- typer's word
    return typer.Option(
        *words, metavar=metavar, help=help, callback=_in_shape(name), expose_value=False, rich_help_panel=OUTPUT
    )


def options_of_rows(
    columns: Annotated[
        str | None, _option("columns", "--columns", metavar="A,B", help="Only these columns, in this order.")
    ] = None,
    sort: Annotated[
        str | None,
        _option(
            "sort",
            "--sort",
            metavar="[-]COLUMN",
            help="By this column; with - the greatest first. What is unknown stands last.",
        ),
    ] = None,
    limit: Annotated[
        int | None, _option("limit", "--limit", metavar="N", help="Only the first N rows; all when not given.")
    ] = None,
) -> None:
    """Name the options of every table."""


def options_of_pages(
    zone: Annotated[
        str | None,
        _option(
            "zone_given",
            "--tz",
            metavar="ZONE",
            help="Times in this zone, and days from its midnight on: Europe/Berlin, local. JSON writes times in UTC.",
        ),
    ] = None,
    watch: Annotated[
        str | None, _option("every_s", "--watch", metavar="[=2s]", help="Again every so often, until stopped.")
    ] = None,
    no_pager: Annotated[
        bool, _option("pages", "--no-pager", help="Do not page what is longer than the terminal.")
    ] = False,
) -> None:
    """Name the options of every answer."""


def options_of_moments(
    since: Annotated[str | None, _option("since", "--since", metavar="TIME", help=SINCE_HELP)] = None,
    until: Annotated[str | None, _option("until", "--until", metavar="TIME", help=UNTIL_HELP)] = None,
) -> None:
    """Name the options of tables whose rows are of moments."""


def kept(rows: Sequence[Row], session: Session, *, now_ns: int) -> Sequence[Row]:
    """Return the rows that were asked for: kept by time, then sorted, then limited."""
    shape = session.shape
    if shape.since is not None or shape.until is not None:
        assert shape.moment is not None
        rows = _within(rows, shape, now_ns)
    for word in reversed(shape.sort):
        rows = _sorted(rows, word.removeprefix("-"), backwards=word.startswith("-"))
    return rows if shape.limit is None else rows[: shape.limit]


def _within(rows: Sequence[Row], shape: Shape, now_ns: int) -> list[Row]:
    from account_cli.cli.words import period

    first, end = period(shape.since, shape.until, now_ns=now_ns, zone=shape.zone)
    if rows and not hasattr(rows[0], shape.moment or ""):
        raise InputError("--since and --until: these rows are of no moment", hint="leave them out")
    found = []
    for row in rows:
        at = getattr(row, shape.moment or "")
        if at is not None and (first is None or at >= first) and (end is None or at < end):
            found.append(row)
    return found


def _sorted(rows: Sequence[Row], field: str, *, backwards: bool) -> list[Row]:
    known = [row for row in rows if getattr(row, field) is not None]
    unknown = [row for row in rows if getattr(row, field) is None]
    return sorted(known, key=lambda row: _rank(getattr(row, field)), reverse=backwards) + unknown


def _rank(value: Any) -> Any:
    """Return what a value is sorted by: numbers and times by size, texts whatever their case, lists by their length."""
    if isinstance(value, str):
        return value.casefold()
    return len(value) if isinstance(value, (tuple, list)) else value


def demand_columns(fields: Sequence[str], parts: Sequence[str], session: Session) -> None:
    """Refuse a column that there is not, with the nearest name, before anything is written.

    What is shown may be a part of a field, by its own name; sorted is by fields.
    """
    shape = session.shape
    for option, words, known in (("--columns", shape.columns, (*fields, *parts)), ("--sort", shape.sort, fields)):
        for word in words:
            name = word.removeprefix("-") if option == "--sort" else word
            if name not in known:
                from account_cli.config.nearest import did_you_mean

                hint = did_you_mean(name, known)
                there = f"there is {', '.join(known)}"
                raise InputError(f"{option}: no column {name!r}", hint=f"{hint} {there}" if hint else there)
