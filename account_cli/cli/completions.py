"""Shell completion that starts no Python for a command or an option: scripts made from the commands themselves.

``python -m account_cli.cli.completions DIRECTORY`` writes ``acct.bash``, ``_acct`` and ``acct.fish``; a test makes them
anew and compares. Only names of accounts, assets and markets are asked for when they are needed (``acct names``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from typer.core import TyperOption

from account_cli.cli.app import COMMANDS, build
from account_cli.cli.schemas import OUTPUTS, type_at
from account_cli.cli.session import Session

_DYNAMIC = {
    "--account": "accounts",
    "--only": "accounts",
    "--exchange": "exchanges",
    "--symbol": "symbols",
    "--in": "assets",
}
"""What ``acct names`` is asked for the value of an option."""
_ARGUMENTS = {"explain": "symbols assets accounts"}
_FILES = {"FILE"}
_LISTS = {"--columns", "--sort"}


class Option(NamedTuple):
    """An option as completion sees it."""

    names: tuple[str, ...]
    help: str
    takes_value: bool
    choices: tuple[str, ...]
    dynamic: str | None
    is_file: bool
    is_list: bool
    """Its value is names of columns, with commas between them."""


class Offered(NamedTuple):
    """A command as completion sees it; ``arguments`` is what ``acct names`` is asked for, or ``file``, or choices."""

    name: str
    summary: str
    options: tuple[Option, ...]
    arguments: str | None
    words: tuple[str, ...]
    """What its first word may be, where that is one of a few."""


def offered() -> tuple[tuple[Option, ...], list[Offered]]:
    """Return the options of ``acct`` itself and all its commands, read off the commands."""
    group = build()
    context = group.make_context("acct", [], obj=Session(), resilient_parsing=True)
    commands = []
    for name, entry in COMMANDS.items():
        if entry.hidden:
            continue
        command = group.get_command(context, name)
        assert command is not None
        params = command.get_params(context)
        commands.append(
            Offered(
                name,
                entry.summary,
                _options(params, name),
                _arguments(params, name),
                tuple(OUTPUTS) if name == "schema" else _words(params),
            )
        )
    return _options(group.get_params(context), ""), commands


def _options(params: object, name: str) -> tuple[Option, ...]:
    assert isinstance(params, list)
    found = []
    for param in params:
        if not isinstance(param, TyperOption) or param.hidden:
            continue
        hint = param.metavar or ""
        takes = not (param.is_flag or param.count or hint.startswith("[="))
        found.append(
            Option(
                names=tuple(sorted(param.opts, key=len)),
                help=(param.help or "").split(". ")[0].rstrip(".").partition(":")[0],
                takes_value=takes,
                choices=_choices(name, param.opts[-1], hint) if takes else (),
                dynamic=next((_DYNAMIC[one] for one in param.opts if takes and one in _DYNAMIC), None),
                is_file=hint in _FILES,
                is_list=param.opts[-1] in _LISTS,
            )
        )
    return tuple(found)


def _choices(command: str, option: str, hint: str) -> tuple[str, ...]:
    """Return what may stand behind an option: one of a few words, or a column of the command's rows."""
    output = OUTPUTS.get(command)
    if option == "--fault":
        from account_cli import bootstrap

        return ("list", *(row.name for row in bootstrap.faults() if row.name))
    if option in _LISTS and output is not None and output.row is not None:
        return tuple(type_at(output.row).__struct_fields__)
    return tuple(hint.split("|")) if "|" in hint and "[" not in hint else ()


def _arguments(params: object, name: str) -> str | None:
    assert isinstance(params, list)
    if name in _ARGUMENTS or name == "schema":
        return _ARGUMENTS.get(name)
    hints = [param.metavar or "" for param in params if not isinstance(param, TyperOption)]
    if any("ACCOUNT" in hint for hint in hints):
        return "accounts"
    return "file" if any("FILE" in hint for hint in hints) else None


def _words(params: object) -> tuple[str, ...]:
    assert isinstance(params, list)
    hints = [param.metavar or "" for param in params if not isinstance(param, TyperOption)]
    firsts = [[part.split()[0] for part in hint.split("|") if part.strip()] for hint in hints if "|" in hint]
    return next((tuple(words) for words in firsts if all(word.replace("-", "").islower() for word in words)), ())


_BASH = r"""# acct: completion for bash. Made by: python -m account_cli.cli.completions
_acct_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }
_acct_files() { COMPREPLY=($(compgen -f -W "$1" -- "$cur")); }
_acct_list() {
  local last=${cur##*,}
  [[ $last == -* ]] && last=${last#-}
  COMPREPLY=($(compgen -P "${cur%"$last"}" -W "$1" -- "$last"))
  compopt -o nospace 2>/dev/null
}
_acct() {
  local line=${COMP_LINE:0:COMP_POINT} words cur prev command= i
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  cur=${words[${#words[@]}-1]} prev=${words[${#words[@]}-2]}
  [[ $cur == --*=* ]] && prev=${cur%%=*} cur=${cur#*=}
  COMPREPLY=()
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    case ${words[i]} in
      @VALUED@) ((i++)) ;;
      -*) ;;
      *)
        command=${words[i]}
        break
        ;;
    esac
  done
  _acct_offer
  # What stands before the last colon is there already: bash takes it for a word of its own.
  if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
    for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"${cur%"${cur##*:}"}"}; done
  fi
}
_acct_offer() {
  case $command:$prev in"""


def bash() -> str:
    """Return the script for bash; works with version 3.2 too."""
    root, commands = offered()
    lines = _BASH.replace("@VALUED@", " | ".join(_valued(root))).split("\n")
    for name, options in (("", root), *((command.name, command.options) for command in commands)):
        lines += [_bash_value(name, option) for option in options if option.takes_value]
    lines += ["  esac", "  case $command in"]
    lines.append(f"    '') _acct_words '{' '.join(c.name for c in commands)} {_flags(root)}' ;;")
    for command in commands:
        flags = f"_acct_words '{_flags(command.options)}'"
        words = " ".join(command.words)
        rest = {
            None: f"_acct_words '{words}'" if words else None,
            "file": f"_acct_files '{words}'" if words else "_acct_files",
        }.get(
            command.arguments,
            _BASH_ASK.format(command.arguments).replace('"$', f'"{words} $' if words else '"$'),
        )
        body = f"if [[ $cur == -* ]]; then {flags}; else {rest}; fi" if rest else flags
        lines.append(f"    {command.name}) {body} ;;")
    lines += ["  esac", "}", "complete -o bashdefault -F _acct acct"]
    return "\n".join(lines) + "\n"


_BASH_ASK = '_acct_words "$(acct names {} 2>/dev/null)"'


def _bash_value(command: str, option: Option) -> str:
    if option.dynamic:
        words = _BASH_ASK.format(option.dynamic)
    elif option.is_file:
        words = "_acct_files"
    else:
        words = f"_acct_{'list' if option.is_list else 'words'} '{' '.join(option.choices)}'"
    pattern = " | ".join(f"{command}:{name}" for name in option.names)
    return f"    {pattern}) {words}; return ;;"


def _valued(options: tuple[Option, ...]) -> list[str]:
    return [name for option in options if option.takes_value for name in option.names]


def _flags(options: tuple[Option, ...]) -> str:
    return " ".join(name for option in options for name in option.names)


def zsh() -> str:
    """Return the script for zsh."""
    root, commands = offered()
    lines = [
        "#compdef acct",
        "# acct: completion for zsh. Made by: python -m account_cli.cli.completions",
        '_acct_names() { local -a found; found=(${(f)"$(acct names $@ 2>/dev/null)"}); compadd -a found }',
        "_acct_list() { compset -P '*,'; compset -P -; compadd -q -S , -- $@ }",
        "_acct() {",
        "  local context state line",
        "  local -a commands",
        "  commands=(",
        *(f"    {_quoted(f'{c.name}:{c.summary}')}" for c in commands),
        "  )",
        "  _arguments -C \\",
        *(f"    {_zsh_option(option)} \\" for option in root),
        "    '1: :->command' '*:: :->rest'",
        "  case $state in",
        "    command) _describe command commands ;;",
        "    rest)",
        "      case $words[1] in",
    ]
    for command in commands:
        rest = {None: "", "file": "'*:file:_files'"}.get(
            command.arguments, f"'*:name: _acct_names {command.arguments}'"
        )
        first = [f"'1:what:({' '.join(command.words)})'"] if command.words else []
        options = " \\\n          ".join(
            [*(_zsh_option(option) for option in command.options), *first, *([rest] if rest else [])]
        )
        lines.append(f"        {command.name}) _arguments \\\n          {options} ;;")
    lines += ["      esac ;;", "  esac", "}", '_acct "$@"']
    return "\n".join(lines) + "\n"


def _zsh_option(option: Option) -> str:
    about = option.help.replace("[", "(").replace("]", ")")
    value = ""
    if option.takes_value:
        words = " ".join(option.choices)
        # The blank in front: zsh then adds nothing to the words of the call.
        action = f" _acct_names {option.dynamic}" if option.dynamic else "_files" if option.is_file else ""
        value = f":value:{action or (f' _acct_list {words}' if option.is_list else f'({words})' if words else '')}"
    names = [f"{name}=" if value and name.startswith("--") else name for name in option.names]
    if len(names) == 1:
        return _quoted(f"{names[0]}[{about}]{value}")
    together = _quoted(f"({' '.join(option.names)})")
    return f"{together}{{{','.join(names)}}}{_quoted(f'[{about}]{value}')}"


_FISH = r"""# acct: completion for fish. Made by: python -m account_cli.cli.completions
function __acct_is
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case @VALUED@
                set -e words[1]
            case '-*'
            case '*'
                break
        end
        set -e words[1]
    end
    test "$words[1]" = "$argv[1]"
end
function __acct_list
    set -l typed (commandline -ct | string replace -r '^--\w+=' '')
    string replace -r -- '^' (string match -r -- '^(?:.*,)?-?' $typed) $argv
end
complete -c acct -f"""


def fish() -> str:
    """Return the script for fish."""
    root, commands = offered()
    lines = [
        *_FISH.replace("@VALUED@", " ".join(_valued(root))).split("\n"),
        *(f"complete -c acct -n '__acct_is' -a {c.name} -d {_quoted(c.summary)}" for c in commands),
        *(_fish_option(option, "__acct_is") for option in root),
    ]
    for command in commands:
        when = f"__acct_is {command.name}"
        lines += [_fish_option(option, when) for option in command.options]
        if command.words:
            lines.append(f"complete -c acct -n '{when}' -a '{' '.join(command.words)}'")
        if command.arguments == "file":
            lines.append(f"complete -c acct -n '{when}' -F")
        elif command.arguments is not None:
            lines.append(f"complete -c acct -n '{when}' -a '(acct names {command.arguments} 2>/dev/null)'")
    return "\n".join(lines) + "\n"


def _fish_option(option: Option, when: str) -> str:
    words = [f"complete -c acct -n '{when}'"]
    words += [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names]
    if option.takes_value:
        words.append("-r -F" if option.is_file else "-x")
        if option.choices:
            names = " ".join(option.choices)
            words.append(f"-a '(__acct_list {names})'" if option.is_list else f"-a '{names}'")
        elif option.dynamic:
            words.append(f"-a '(acct names {option.dynamic} 2>/dev/null)'")
    return " ".join([*words, "-d", _quoted(option.help)])


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


FILES = {"acct.bash": bash, "_acct": zsh, "acct.fish": fish}


def main(arguments: list[str]) -> int:
    """Write the three scripts into the directory named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m account_cli.cli.completions DIRECTORY\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, script in FILES.items():
        (folder / name).write_text(script(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
