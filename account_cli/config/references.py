"""A reference says where a secret is, so that none stands in the configuration; it is followed as late as possible.

``env:NAME``                     a variable of the environment
``file:PATH``                    a file that its owner alone may read; a relative path starts at the configuration
``keyring:SERVICE/NAME``         the keyring of this desktop (``pip install keyring``)
``cmd:COMMAND``                  the first line that a command prints: ``cmd:pass show kraken/key``; no shell reads it
``vault:MOUNT/PATH#FIELD``       HashiCorp Vault, KV version 2, by VAULT_ADDR and VAULT_TOKEN
``gcp:PROJECT/NAME[/VERSION]``   Google Secret Manager (``pip install 'google-auth[requests]'``)

What is found is returned and nothing else: no message, no log and no error ever holds it, nor what a command said.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from account_cli.config.nearest import nearest
from account_cli.errors import ConfigError, SecretExposed, SecretNotFound

KINDS = ("env", "file", "keyring", "cmd", "vault", "gcp")
_REFERENCE = re.compile(rf"({'|'.join(KINDS)}):(?!//)(.*)", re.DOTALL)
_LIKE_ONE = re.compile(r"([A-Za-z]{2,10}):(?!//).+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMMAND_SECONDS = 30
_LARGEST = 16_384
_OF_CONTAINERS = ("/run/secrets", "/var/run/secrets")
_FORMS = {
    "env": "env:NAME",
    "file": "file:PATH",
    "keyring": "keyring:SERVICE/NAME",
    "cmd": "cmd:pass show kraken/key",
    "vault": "vault:secret/acct/main#api_key",
    "gcp": "gcp:PROJECT/NAME",
}
_INTO_FILE = "write the secret into it (mode 600), or name the file that holds it"
_BY_HAND = "run it yourself where acct runs: it has to print the secret as its first line, and ask nothing"
_SECRET_VARIABLES = ("API_KEY", "API_SECRET", "API_PASSPHRASE")


def is_reference(text: str) -> bool:
    """True when a text says where a secret is; it is then no secret itself."""
    return _REFERENCE.fullmatch(text) is not None


def wrong_form(text: str) -> str | None:
    """Return how a reference would have to look when this one cannot be followed; None when it can."""
    match = _REFERENCE.fullmatch(text)
    if match is None:
        # A slip (envv:KEY, ENV:KEY) would be sent to the exchange as if it were the key.
        like = _LIKE_ONE.fullmatch(text)
        kind = None if like is None else nearest(like[1], KINDS)
        return None if kind is None else _FORMS[kind]
    kind, where = match[1], match[2].strip()
    if not where.isprintable():
        return _FORMS[kind]
    parts = [part for part in where.partition("#")[0].split("/") if part]
    right = {
        "env": _NAME.fullmatch(where) is not None,
        "file": bool(where),
        "keyring": len(parts) >= 2,
        "cmd": bool(where),
        "vault": len(parts) >= 2 and "#" in where and not where.endswith("#"),
        "gcp": 2 <= len(parts) <= 6 and "#" not in where,
    }[kind]
    return None if right else _FORMS[kind]


def shown(text: str) -> str:
    """Return a reference as it may be shown: of a command its program alone, for the rest could hold a secret."""
    if text.startswith("cmd:"):
        return f"cmd:{text[4:].split(maxsplit=1)[0] if text[4:].strip() else ''} …"
    return text


def follow(reference: str, env: Mapping[str, str], *, what: str, file: str | None) -> str:
    """Return the secret that a reference leads to; ``file`` is the configuration that holds it, ``what`` its key.

    Raises ``ConfigError`` that says where it was looked for and what to do, and ``Unreachable`` when a server is away.
    """
    match = _REFERENCE.fullmatch(reference)
    assert match is not None, "not a reference"
    form = wrong_form(reference)
    if form is not None:
        raise ConfigError(f"this reference cannot be followed, it would have to look like {form}", file=file, key=what)
    kind, where = match[1], match[2].strip()
    if kind == "env":
        found = env.get(where, "").strip()
        if not found:
            raise SecretNotFound(f"the variable {where} is not set", file=file, key=what, hint=f"export {where}=…")
        return found
    if kind == "file":
        return read_secret(beside(where, file), what=what)
    if kind == "cmd":
        return printed(where, what=what, file=file)
    if kind == "keyring":
        from account_cli.config.keyrings import stored

        return stored(where, what=what, file=file)
    if kind == "vault":
        from account_cli.config.vault import kept

        return kept(where, env, what=what, file=file)
    from account_cli.config.gcp import accessed

    return accessed(where, env, what=what, file=file)


def beside(path: str, file: str | None) -> Path:
    """Return a path of the configuration: a relative one starts where the configuration is."""
    written = Path(path).expanduser()
    return written if written.is_absolute() or file is None else Path(file).parent / written


def read_secret(path: Path, *, what: str) -> str:
    """Return the one secret that a file holds; refuses a file that others may read or that holds none."""
    try:
        with path.open("rb") as stream:
            demand_private(os.fstat(stream.fileno()), str(path), what=what)
            text = stream.read(_LARGEST).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise SecretNotFound(f"cannot be read ({reason})", file=str(path), key=what, hint=_INTO_FILE) from None
    if not text:
        raise SecretNotFound("the file is empty", file=str(path), key=what, hint=_INTO_FILE)
    return text


def demand_private(status: os.stat_result, path: str, *, what: str | None = None) -> None:
    """Raise ``SecretExposed`` when others than the owner may read or write a file that holds secrets.

    What systemd lays into ``CREDENTIALS_DIRECTORY`` may show that a group reads it: that is how the one user for whom
    it is there may (systemd.exec(5), ``LoadCredential=``). What a container is given in ``/run/secrets`` is there for
    whoever runs in it, and Docker lays it there for all to read (docs.docker.com, "Manage sensitive data").
    """
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    others = 0o037 if credentials and Path(path).parent == Path(credentials) else 0o077
    if any(Path(path).is_relative_to(place) for place in _OF_CONTAINERS):
        others = 0o022
    if status.st_mode & others:
        raise SecretExposed(
            f"holds a secret and may be read by others (mode {status.st_mode & 0o777:04o})",
            file=path,
            key=what,
            hint=f"chmod 600 {path}",
        )
    if status.st_uid not in {os.geteuid(), 0}:
        raise SecretExposed(
            "holds a secret and belongs to another user", file=path, key=what, hint=f"chown $USER {path}"
        )


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a program that is started: it is told no key of any account, and nothing of acct's."""

    def tells(name: str) -> bool:
        return name.endswith(_SECRET_VARIABLES) or (name.startswith("ACCT_") and "__" in name)

    return {name: value for name, value in env.items() if not tells(name.upper())}


def printed(command: str, *, what: str, file: str | None) -> str:
    """Return the first line that a command prints. It is run without a shell; what it says on stderr is not kept."""
    import shlex
    import subprocess

    try:
        done = subprocess.run(  # noqa: S603 -- the owner of the configuration wrote the command
            shlex.split(command),
            capture_output=True,
            check=True,
            timeout=_COMMAND_SECONDS,
            env=without_secrets(os.environ),
            stdin=subprocess.DEVNULL,
        )
        lines = done.stdout.decode().splitlines()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        reason = {
            subprocess.TimeoutExpired: f"took more than {_COMMAND_SECONDS} s",
            subprocess.CalledProcessError: "ended with an error",
            FileNotFoundError: "was not found",
        }.get(type(error), "cannot be run")
        raise SecretNotFound(f"the command for the secret {reason}", file=file, key=what, hint=_BY_HAND) from None
    if not lines or not lines[0].strip():
        raise SecretNotFound("the command for the secret printed nothing", file=file, key=what, hint=_BY_HAND)
    return lines[0].strip()
