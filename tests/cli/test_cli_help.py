"""Every page of help begins with what to type, and what it says can be typed."""

from __future__ import annotations

import importlib
import shlex
from pathlib import Path

import pytest

from account_cli import __version__
from account_cli.cli.app import COMMANDS, EXAMPLES, build
from account_cli.cli.session import Session
from tests.cli.running import acct

SHOWN = [name for name, entry in COMMANDS.items() if not entry.hidden]


def module(name: str) -> object:
    return importlib.import_module(f"account_cli.cli.commands.{name}{'_' if name == 'import' else ''}")


def test_the_first_page_shows_every_command_after_examples(tmp_path: Path) -> None:
    page = acct(tmp_path, "--help")
    assert page.code == 0
    assert page.err == ""
    assert page.out.index("Examples:") < page.out.index("Watch:") < page.out.index("Common options:")
    for name in SHOWN:
        assert f"  {name} " in page.out
        assert COMMANDS[name].summary in page.out
    assert acct(tmp_path).out == page.out, "no command at all is a question too"


@pytest.mark.parametrize("name", SHOWN)
def test_a_command_explains_itself_by_example(tmp_path: Path, name: str) -> None:
    page = acct(tmp_path, name, "--help")
    assert page.code == 0
    lines = page.out.splitlines()
    assert lines[0] == COMMANDS[name].summary, "the list and the page say the same"
    assert page.out.index("Examples:") < page.out.index("Options:") < page.out.index("Common options:")
    assert "None" not in page.out
    assert acct(tmp_path, name, "-h").out == page.out


def test_every_example_can_be_typed() -> None:
    group = build()
    context = group.make_context("acct", [], obj=Session(), resilient_parsing=True)
    examples = [line for line, _ in EXAMPLES]
    for name in COMMANDS:
        examples += [line for line, _ in module(name).EXAMPLES]  # type: ignore[attr-defined]
    assert len(examples) > 25
    for line in examples:
        words = shlex.split(line.partition(" | ")[0].partition(" > ")[0])
        assert words[0] == "acct"
        words = [word for word in words[1:] if word != "-q"]
        command = group.get_command(context, words[0])
        assert command is not None, line
        command.make_context(words[0], words[1:], parent=context)


def test_the_line_of_usage_says_once_what_may_be_left_out_and_repeated(tmp_path: Path) -> None:
    def usage(name: str) -> str:
        return next(line for line in acct(tmp_path, name, "--help").out.splitlines() if line.startswith("Usage: "))

    assert usage("fills") == "Usage: acct fills [OPTIONS] [ACCOUNT]..."
    assert usage("show") == "Usage: acct show [OPTIONS] ACCOUNT"
    assert usage("import") == "Usage: acct import [OPTIONS] FILE..."
    assert usage("explain").endswith("{pnl|position|balance|errors} [SYMBOL|ASSET]")
    assert usage("outbox") == "Usage: acct outbox [OPTIONS] [list | retry [ID]...]"


def test_the_version_is_told(tmp_path: Path) -> None:
    assert acct(tmp_path, "--version").out == f"acct {__version__}\n"
    assert acct(tmp_path, "version").out == f"acct {__version__}\n"
    assert '"schema":"acct.version/1"' in acct(tmp_path, "version", "--json").out
