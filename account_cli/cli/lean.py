"""Typer's commands without what makes them slow to start, and with help that begins with examples.

Typer turns every argument into its type through pydantic, whose import alone takes as long as all the rest of a read
command (bench/cold_start.py). The arguments of acct are texts, whole numbers, flags and lists of texts: those are read
here, and everything with a meaning (times, spans, amounts) by ``words``, whose errors name the option.

Typer offers a seam for the class of a command but none for that of its parameters, so a command gives its parameters
their class when it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument, TyperCommand, TyperOption

from account_cli.errors import InputError

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

    from account_cli.cli.shape import Reads

Example = tuple[str, str]


class LeanOption(TyperOption):
    """An option whose value is read without pydantic."""

    def process_value(self, ctx: Context, value: Any) -> Any:
        """Turn the text given into the option's type, and run its callback."""
        return _processed(self, ctx, value)


class LeanArgument(TyperArgument):
    """An argument whose value is read without pydantic; its metavar says itself what may be left out or repeated."""

    def get_usage_pieces(self, ctx: Context) -> list[str]:  # noqa: ARG002 -- typer calls it so
        """Return how it stands in the line of usage."""
        shown = self.metavar or (self.name or "").upper()
        if shown.startswith("["):
            return [shown]
        return [f"[{shown}]" if not self.required else f"{{{shown}}}" if "|" in shown else shown]

    def process_value(self, ctx: Context, value: Any) -> Any:
        """Turn the text given into the argument's type, and run its callback."""
        return _processed(self, ctx, value)


def _processed(param: TyperOption | TyperArgument, ctx: Context, value: Any) -> Any:
    label = param.opts[0] if isinstance(param, TyperOption) else (param.metavar or param.name)
    if param.multiple or param.nargs == -1:
        value = tuple(value or ())
    elif param.type_descriptor.annotation is int and isinstance(value, str):
        try:
            value = int(value)
        except ValueError:
            raise InputError(f"{label}: not a whole number: {value!r}", hint=f"{ctx.command_path} --help") from None
    if param.required and param.value_is_missing(value):
        raise InputError(f"{label} is missing", hint=f"{ctx.command_path} --help")
    return param.callback(ctx, param, value) if param.callback is not None else value


def make_lean(params: Sequence[object]) -> None:
    """Let these parameters read their values without pydantic."""
    for param in params:
        if type(param) is TyperOption:
            param.__class__ = LeanOption
        elif type(param) is TyperArgument:
            param.__class__ = LeanArgument


class LeanCommand(TyperCommand):
    """A command that starts fast and explains itself by example; one that reads answers in the shape asked for."""

    examples: Sequence[Example] = ()
    reads: Reads | None = None
    acts: Sequence[str] = ()
    """The first words with which a command that reads does something instead."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        make_lean(self.params)

    def get_help_option(self, ctx: Context) -> TyperOption | None:
        """Return ``--help``, which must not load pydantic only to be absent."""
        option = super().get_help_option(ctx)
        make_lean([option])
        return option

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read the words after the command. Raises ``InputError`` with the nearest name for an unknown option."""
        from account_cli.cli.grammar import explained, with_default_span

        with explained(self, ctx):
            return super().parse_args(ctx, with_default_span(args) if self.reads else args)

    def invoke(self, ctx: Context) -> Any:
        """Run the command; one that reads as often as asked, its answer paged where it is longer than the screen."""
        if self.reads is None:
            return super().invoke(ctx)
        from account_cli.cli.grammar import answered

        return answered(self, ctx, super().invoke)

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write what the command does, examples, then arguments and options."""
        summary, _, rest = (self.help or "").partition("\n\n")
        write_head(formatter, ctx, self, summary, self.examples)
        if rest:
            formatter.write_paragraph()
            for paragraph in rest.split("\n\n"):
                formatter.write_text(paragraph)
                formatter.write_paragraph()
        write_params(formatter, ctx, self)


def write_head(formatter: HelpFormatter, ctx: Context, command: Any, summary: str, examples: Sequence[Example]) -> None:
    """Write the first lines of a help page: what it does, how it is called, examples."""
    formatter.write(" ".join(summary.split()) + "\n\n")
    formatter.write_usage(ctx.command_path, " ".join(command.collect_usage_pieces(ctx)), prefix="Usage: ")
    if examples:
        formatter.write("\nExamples:\n")
        width = max(len(line) for line, _ in examples)
        for line, meaning in examples:
            formatter.write(f"  {line:<{width}}   {meaning}".rstrip() + "\n")


def write_params(formatter: HelpFormatter, ctx: Context, command: Any) -> None:
    """Write the arguments and options of a command, its own before the common ones."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        if getattr(param, "hidden", False):
            continue
        if isinstance(param, TyperArgument):
            rows.setdefault("Arguments", []).append((param.metavar or param.name.upper(), param.help or ""))
        else:
            rows.setdefault(param.rich_help_panel or "Options", []).append((names_of(param), param.help or ""))
    for title in sorted(rows, key=["Arguments", "Options", OUTPUT, COMMON].index):
        formatter.write(f"\n{title}:\n")
        formatter.indent()
        formatter.write_dl(rows[title])
        formatter.dedent()


def names_of(param: Any) -> str:
    """Return the names of an option and what stands behind them."""
    names = ", ".join(sorted((*param.opts, *param.secondary_opts), key=len))
    hint = param.metavar or param.name.upper()
    return names if param.is_flag or param.count else f"{names}{hint}" if hint[:2] == "[=" else f"{names} {hint}"


OUTPUT, COMMON = "Output", "Common options"
