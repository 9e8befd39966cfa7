"""The reference of all commands, read off the commands themselves: as man pages, and as docs/commands.md.

``python -m account_cli.cli.reference MAN-FOLDER MARKDOWN-FILE`` writes both; a test makes them anew and compares.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from typer.core import TyperOption

from account_cli.cli.app import COMMANDS, EXAMPLES, build
from account_cli.cli.lean import COMMON, OUTPUT, Example, LeanCommand, names_of
from account_cli.cli.session import Session

EXIT_STATUS: tuple[tuple[str, str], ...] = (
    ("0", "fine"),
    ("1", "a bug in acct; a report was written"),
    ("2", "usage, or input that cannot be read"),
    ("3", "drift or findings: what was asked about is not as it should be"),
    ("4", "not everything could be verified"),
    ("5", "credentials: no key, a key that is refused, or one that may do more than read"),
    ("6", "an exchange cannot be reached, or asks to wait"),
    ("7", "another instance holds the lock"),
    ("8", "configuration"),
    ("9", "storage"),
    ("130, 143", "ended by Ctrl-C, by SIGTERM"),
)
VARIABLES: tuple[tuple[str, str], ...] = (
    ("ACCT_CONFIG", "the configuration file, instead of $XDG_CONFIG_HOME/acct/config.toml"),
    ("ACCT_DATA_DIR", "where the database is, instead of $XDG_DATA_HOME/acct"),
    ("ACCT_TZ", "the zone of the times that people read and write; UTC when not set"),
    ("ACCT_PAGER, PAGER", "what shows an answer that is longer than the terminal; an empty one shows it as it is"),
    ("NO_COLOR, FORCE_COLOR", "never colour, always colour"),
    ("NAME_API_KEY, NAME_API_SECRET", "the key of the account NAME; with _FILE behind, the file that holds it"),
)


class Page(NamedTuple):
    """One command: what it does, how it is called; ``options`` are panels of (names, meaning)."""

    name: str
    summary: str
    paragraphs: tuple[str, ...]
    usage: str
    examples: tuple[Example, ...]
    options: dict[str, list[tuple[str, str]]]


def pages() -> Iterator[Page]:
    """Yield every command that is shown, in the order of the list."""
    group = build()
    context = group.make_context("acct", [], obj=Session(), resilient_parsing=True)
    for name, entry in COMMANDS.items():
        if entry.hidden:
            continue
        command = group.get_command(context, name)
        assert isinstance(command, LeanCommand)
        below = command.make_context(name, [], parent=context, resilient_parsing=True)
        options: dict[str, list[tuple[str, str]]] = {}
        for param in command.get_params(below):
            if getattr(param, "hidden", False):
                continue
            if isinstance(param, TyperOption):
                options.setdefault(param.rich_help_panel or "Options", []).append((names_of(param), param.help or ""))
            else:
                shown = param.metavar or (param.name or "").upper()
                options.setdefault("Arguments", []).append((shown, getattr(param, "help", None) or ""))
        summary, _, rest = (command.help or "").partition("\n\n")
        yield Page(
            name,
            " ".join(summary.split()),
            tuple(" ".join(part.split()) for part in rest.split("\n\n") if part.strip()),
            " ".join(command.collect_usage_pieces(below)),
            tuple(command.examples),
            options,
        )


def markdown() -> str:
    """Return docs/commands.md."""
    lines = [
        "# The commands",
        "",
        "Made from the commands themselves (`make reference`). Every command that reads takes the options under",
        "[Output](#output-of-every-command-that-reads), every command those under [Common](#common-to-all-commands);",
        "`acct COMMAND --help` shows all of them, and `acct schema` what is written with `--json`.",
    ]
    shared: dict[str, dict[str, str]] = {OUTPUT: {}, COMMON: {}}
    for page in pages():
        lines += ["", f"## acct {page.name}", "", page.summary, "", "```sh", f"acct {page.name} {page.usage}", "```"]
        for paragraph in page.paragraphs:
            lines += ["", _plain(paragraph)]
        lines += ["", "```console"]
        lines += [f"$ {words}" + (f"   # {meaning}" if meaning else "") for words, meaning in page.examples]
        lines += ["```"]
        own = [row for panel, rows in page.options.items() if panel not in shared for row in rows]
        lines += _table("option", [row for row in own if not row[0].startswith(("-h", "--help"))])
        for panel, known in shared.items():
            known.update(page.options.get(panel, []))
    lines += ["", "## Output of every command that reads", *_table("option", list(shared[OUTPUT].items()))]
    lines += ["", "## Common to all commands", *_table("option", list(shared[COMMON].items()))]
    lines += ["", "## Exit status", *_table("status", list(EXIT_STATUS)), ""]
    lines += ["Over several accounts the worst counts: 1 9 3 5 8 7 4 6. Any other status than 0 is failure."]
    lines += ["", "## Environment", *_table("variable", list(VARIABLES))]
    return "\n".join(lines) + "\n"


def _table(head: str, rows: list[tuple[str, str]]) -> list[str]:
    if not rows:
        return []
    return [
        "",
        f"| {head} | |",
        "|---|---|",
        *(f"| `{_cell(first)}` | {_cell(_plain(rest))} |" for first, rest in rows),
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _plain(text: str) -> str:
    """Return prose that markdown does not read as markup."""
    return text.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")


def manual(page: Page) -> str:
    """Return the man page of one command."""
    lines = _man_head(f"acct-{page.name}", page.summary)
    lines += [".SH SYNOPSIS", f"\\fBacct {_roff(page.name)}\\fR {_roff(page.usage)}"]
    lines += [".SH DESCRIPTION", _roff(page.summary)]
    for paragraph in page.paragraphs:
        lines += [".PP", _roff(paragraph)]
    for panel, rows in page.options.items():
        lines += [f".SH {panel.upper()}", *_man_list(rows)]
    lines += [".SH EXAMPLES", *_man_examples(page.examples)]
    lines += [".SH EXIT STATUS", "See \\fBacct\\fR(1).", ".SH SEE ALSO", "\\fBacct\\fR(1)"]
    return "\n".join(lines) + "\n"


def overview() -> str:
    """Return the man page of acct itself."""
    lines = _man_head("acct", "watches crypto exchange accounts and tells the truth about them")
    lines += [".SH SYNOPSIS", "\\fBacct\\fR [OPTIONS] COMMAND [ARGUMENT]...", ".SH DESCRIPTION"]
    lines += [
        "Balances, orders, positions, fills, profit and loss of accounts at crypto exchanges: on a live screen, as"
    ]
    lines += ["answers to questions, and as files. It reads only: it can never place an order or move money."]
    panels: dict[str, list[tuple[str, str]]] = {}
    for name, entry in COMMANDS.items():
        if not entry.hidden:
            panels.setdefault(entry.panel, []).append((f"acct {name}", entry.summary))
    for panel, rows in panels.items():
        lines += [f".SH COMMANDS: {panel.upper()}", *_man_list(rows)]
    lines += [".SH EXAMPLES", *_man_examples(EXAMPLES)]
    lines += [".SH EXIT STATUS", *_man_list(list(EXIT_STATUS)), ".PP"]
    lines += ["Over several accounts the worst counts: 1 9 3 5 8 7 4 6. Any other status than 0 is failure."]
    lines += [".SH ENVIRONMENT", *_man_list(list(VARIABLES))]
    others = ", ".join(f"\\fBacct\\-{_roff(name)}\\fR(1)" for name, entry in COMMANDS.items() if not entry.hidden)
    return "\n".join([*lines, ".SH SEE ALSO", others]) + "\n"


def _man_head(name: str, summary: str) -> list[str]:
    summary = summary[:1].lower() + summary[1:].rstrip(".")
    return [f'.TH "{name.upper()}" "1" "" "acct" "acct"', ".SH NAME", f"{_roff(name)} \\- {_roff(summary)}"]


def _man_list(rows: list[tuple[str, str]]) -> list[str]:
    return [line for first, rest in rows for line in (".TP", f"\\fB{_roff(first)}\\fR", _roff(rest) or "\\&")]


def _man_examples(examples: tuple[Example, ...]) -> list[str]:
    return [line for words, meaning in examples for line in (".TP", f"\\fB{_roff(words)}\\fR", _roff(meaning) or "\\&")]


def _roff(text: str) -> str:
    """Return text that roff takes as it is, in ASCII."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...").replace("⇧", "^")
    if text.startswith((".", "'")):
        text = f"\\&{text}"
    return "".join(letter if letter.isascii() else f"\\[u{ord(letter):04X}]" for letter in text)


def manuals() -> dict[str, str]:
    """Return every man page by its file's name."""
    return {"acct.1": overview(), **{f"acct-{page.name}.1": manual(page) for page in pages()}}


def main(arguments: list[str]) -> int:
    """Write the man pages into the folder named, and the commands into the file named."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m account_cli.cli.reference MAN-FOLDER MARKDOWN-FILE\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    made = manuals()
    for stale in {path.name for path in folder.glob("*.1")} - set(made):
        (folder / stale).unlink()
    for name, page in made.items():
        (folder / name).write_text(page, encoding="utf-8")
    Path(arguments[1]).write_text(markdown(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
