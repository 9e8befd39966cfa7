"""The list of commands: a name, one line, and the module that is loaded when the name is called.

``acct --help`` needs only this page, so it loads no command; a test holds each line here equal to the first line of
its command's own help.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer
from typer.core import TyperGroup, TyperOption

from account_cli import __version__
from account_cli.cli.lean import COMMON, Example, LeanCommand, make_lean, write_head, write_params
from account_cli.cli.session import session_of
from account_cli.cli.shape import Reads, options_of_moments, options_of_pages, options_of_rows
from account_cli.errors import InputError

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter


class Entry(NamedTuple):
    """A command before it is loaded."""

    panel: str
    summary: str
    reads: Reads | None = None
    hidden: bool = False


WATCH, ASK, FILES, MORE = "Watch", "Ask", "Files", "More"
TABLE, PAGE = Reads(), Reads(rows=False)
COMMANDS: dict[str, Entry] = {
    "watch": Entry(WATCH, "Watch accounts live, on the whole screen or as lines."),
    "collect": Entry(WATCH, "Follow accounts without a screen, until stopped."),
    "poll": Entry(WATCH, "Ask the exchanges once, or every so often, and store the answers."),
    "demo": Entry(WATCH, "Watch a simulated account; no key needed, nothing of yours touched."),
    "show": Entry(ASK, "Show all of one account: what it is worth, holds and has made.", PAGE),
    "positions": Entry(ASK, "Show open positions with their cost, value and profit.", TABLE),
    "balances": Entry(ASK, "Show what the accounts hold.", TABLE),
    "orders": Entry(ASK, "Show open orders, or all that were ever seen.", Reads(moment="created_at")),
    "fills": Entry(ASK, "Show trades with their fees and what they realised.", TABLE),
    "pnl": Entry(ASK, "Show profit and loss by symbol, account, asset or time.", TABLE),
    "equity": Entry(ASK, "Show equity over time, with a small chart on a terminal.", TABLE),
    "stats": Entry(ASK, "Show how trading went: wins, losses, returns and ratios.", TABLE),
    "lots": Entry(ASK, "Show open lots with their cost, or say what a lot had cost.", Reads(moment="opened_at")),
    "explain": Entry(ASK, "Explain a figure: the formula with its inputs, down to the fills.", PAGE),
    "transfers": Entry(ASK, "Show deposits, withdrawals and internal transfers.", TABLE),
    "accounts": Entry(ASK, "Show the accounts, how each is followed and how fresh it is.", TABLE),
    "status": Entry(ASK, "Show which process collects which account, and who stands by.", TABLE),
    "health": Entry(ASK, "Say whether all is well: healthy, degraded or unhealthy.", PAGE),
    "alerts": Entry(ASK, "Show what the rules said; acknowledge, mute, or try a channel.", Reads(moment="began_at")),
    "reconcile": Entry(ASK, "Say whether the ledger agrees with what the exchange states.", TABLE),
    "coverage": Entry(ASK, "Show from when on facts are known to be complete, and every gap.", TABLE),
    "issues": Entry(ASK, "Show what the figures lack, and what to do about each.", Reads(moment="time")),
    "inbox": Entry(ASK, "Show what is kept as received, and what of it could not be read.", TABLE),
    "close": Entry(FILES, "Lock the figures of a period, and list what has changed since.", TABLE),
    "rebuild": Entry(FILES, "Work everything out again from the facts, and say what changed."),
    "replay": Entry(FILES, "Read what was received again, and store the facts that this finds."),
    "import": Entry(FILES, "Read facts from ledger files, CSV files, or files of an exchange."),
    "export": Entry(FILES, "Write facts and figures for other programs."),
    "config": Entry(MORE, "Show, change or begin the configuration."),
    "doctor": Entry(MORE, "Look at all that acct needs, and say how to mend it."),
    "db": Entry(MORE, "Upgrade, check, back up, restore, measure or copy the database.", TABLE),
    "outbox": Entry(MORE, "Show what waits to be told to others, or have it told again.", TABLE),
    "cache": Entry(MORE, "Write the present state that others read in Redis anew."),
    "simulate": Entry(MORE, "Run a simulated exchange on this computer."),
    "schema": Entry(MORE, "Show the JSON schema of what a command writes, or list them.", TABLE),
    "version": Entry(MORE, "Show which acct this is."),
    "names": Entry(MORE, "Print names for shell completion.", hidden=True),
}
EXAMPLES: tuple[Example, ...] = (
    ("acct demo", "a live screen within seconds, no key needed"),
    ("acct watch kraken", "your own, with KRAKEN_API_KEY and KRAKEN_API_SECRET set"),
    ("acct positions --json", "the same figures for programs"),
    ("acct pnl --by month --since ytd", "what this year brought"),
    ("acct explain pnl BTC/USD", "where a figure comes from"),
)
_COMMON_OPTIONS = ("config", "profile", "color", "verbose", "quiet", "no_input")


def _set_config(ctx: typer.Context, value: str | None) -> str | None:
    if value is not None:
        session_of(ctx).config_path = Path(value).expanduser()
    return value


def _set_profile(ctx: typer.Context, value: str | None) -> str | None:
    if value is not None:
        session_of(ctx).profile = value
    return value


def _set_color(ctx: typer.Context, value: str | None) -> str | None:
    if value is not None:
        from account_cli.cli.words import choice

        session_of(ctx).color = choice(value, ("auto", "always", "never"), "--color")  # type: ignore[assignment]
    return value


def _set_verbose(ctx: typer.Context, value: int) -> int:
    session_of(ctx).verbosity += value
    return value


def _set_quiet(ctx: typer.Context, value: bool) -> bool:
    session_of(ctx).quiet |= value
    return value


def _set_no_input(ctx: typer.Context, value: bool) -> bool:
    session_of(ctx).asks &= not value
    return value


def _show_version(value: bool) -> bool:
    if value:
        typer.echo(f"acct {__version__}")
        raise typer.Exit
    return value


def _root(
    config: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The configuration to use.",
            callback=_set_config,
            is_eager=True,
            expose_value=False,
            rich_help_panel=COMMON,
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The profile of the configuration to use.",
            callback=_set_profile,
            is_eager=True,
            expose_value=False,
            rich_help_panel=COMMON,
        ),
    ] = None,
    color: Annotated[
        str | None,
        typer.Option(
            metavar="auto|always|never",
            help="When to colour.",
            callback=_set_color,
            is_eager=True,
            expose_value=False,
            rich_help_panel=COMMON,
        ),
    ] = None,
    verbose: Annotated[
        int,
        typer.Option(
            "-v",
            "--verbose",
            count=True,
            help="Say what happens; -vv every detail.",
            callback=_set_verbose,
            is_eager=True,
            expose_value=False,
            rich_help_panel=COMMON,
        ),
    ] = 0,
    quiet: Annotated[
        bool,
        typer.Option(
            "-q",
            "--quiet",
            help="Say nothing but errors.",
            callback=_set_quiet,
            is_eager=True,
            expose_value=False,
            rich_help_panel=COMMON,
        ),
    ] = False,
    no_input: Annotated[
        bool,
        typer.Option(
            "--no-input",
            help="Never ask; fail instead.",
            callback=_set_no_input,
            is_eager=True,
            expose_value=False,
            rich_help_panel=COMMON,
        ),
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version.",
            callback=_show_version,
            is_eager=True,
            expose_value=False,
            rich_help_panel=COMMON,
        ),
    ] = False,
) -> None:
    """See the truth about your crypto exchange accounts; acct can do nothing but read."""


class LazyGroup(TyperGroup):
    """All commands, each loaded when it is called."""

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 -- the signature is click's
        """Return the names, in the order of the list above."""
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002 -- click's too
        """Load the command of this name."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = self._load(cmd_name)
        return self.commands[cmd_name]

    def _load(self, name: str) -> LeanCommand:
        module = importlib.import_module(
            f"account_cli.cli.commands.{name}_" if name == "import" else f"account_cli.cli.commands.{name}"
        )
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name=name, cls=LeanCommand, context_settings={"help_option_names": ["-h", "--help"]})(
            module.command
        )
        made = typer.main.get_command(alone)
        assert isinstance(made, LeanCommand)
        made.examples = module.EXAMPLES
        made.acts = getattr(module, "ACTS", ())
        made.reads = COMMANDS[name].reads
        if made.reads is not None:
            made.params.extend(_shape_params(made.reads))
        made.params.extend(param for param in self.params if param.name in _COMMON_OPTIONS)
        return made

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read the words before the command. Raises ``InputError`` with the nearest name for an unknown option."""
        from account_cli.cli.grammar import explained

        with explained(self, ctx):
            return super().parse_args(ctx, args)

    def get_help_option(self, ctx: Context) -> TyperOption | None:
        """Return ``--help``, which must not load pydantic only to be absent."""
        option = super().get_help_option(ctx)
        make_lean([option])
        return option

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Find the command that the first word names. Raises ``InputError`` with the nearest name."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None:
            from account_cli.config.nearest import did_you_mean

            known = [known for known, entry in COMMANDS.items() if not entry.hidden]
            raise InputError(f"no such command: {name!r}", hint=did_you_mean(name, known) or "acct --help")
        return name, command, args[1:]

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the page that everybody sees first."""
        write_head(formatter, ctx, self, _root.__doc__ or "", EXAMPLES)
        for panel in (WATCH, ASK, FILES, MORE):
            rows = [(name, e.summary) for name, e in COMMANDS.items() if e.panel == panel and not e.hidden]
            formatter.write(f"\n{panel}:\n")
            formatter.indent()
            formatter.write_dl(rows)
            formatter.dedent()
        write_params(formatter, ctx, self)
        formatter.write("\nEvery command has its own --help. Unknown exit status other than 0 is failure.\n")


def _shape_params(reads: Reads) -> list[TyperOption]:
    """Make the options of all that reads, for a command that reads so."""
    given: list[Callable[..., None]] = [options_of_pages]
    if reads.rows:
        given.insert(0, options_of_rows)
    if reads.moment is not None:
        given.insert(0, options_of_moments)
    params: list[TyperOption] = []
    for options in given:
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command()(options)
        params += [param for param in typer.main.get_command(alone).params if isinstance(param, TyperOption)]
    make_lean(params)
    return params


def build() -> LazyGroup:
    """Make the program; loads no command."""
    app = typer.Typer(
        cls=LazyGroup,
        add_completion=False,
        rich_markup_mode=None,
        no_args_is_help=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_root)
    group = typer.main.get_command(app)
    assert isinstance(group, LazyGroup)
    make_lean(group.params)
    return group
