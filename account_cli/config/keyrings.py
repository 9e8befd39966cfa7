"""The keyring of the desktop (Secret Service, Keychain, Credential Locker), through the ``keyring`` library.

A server has none as a rule; what to do instead is said then.
"""

from __future__ import annotations

from types import ModuleType

from account_cli.errors import ConfigError, SecretNotFound

SERVICE = "acct"
_NO_KEYRING = "keep it in a file of mode 600 instead (file:PATH), or set its variable; docs/secrets.md"


def stored(where: str, *, what: str, file: str | None) -> str:
    """Return the secret ``SERVICE/NAME``. Raises ``ConfigError`` for none, and where there is no keyring."""
    service, _, name = where.partition("/")
    keyring = _library(what, file)
    try:
        found = keyring.get_password(service, name)
    except keyring.errors.KeyringError as error:
        raise ConfigError(
            f"the keyring cannot be read ({type(error).__name__})", file=file, key=what, hint=_NO_KEYRING
        ) from None
    if not found:
        raise SecretNotFound(f"the keyring holds no {where}", file=file, key=what, hint=f"keyring set {service} {name}")
    return str(found).strip()


def store(where: str, secret: str, *, what: str) -> None:
    """Put a secret into the keyring as ``SERVICE/NAME``. Raises ``ConfigError`` where there is none that takes it."""
    service, _, name = where.partition("/")
    keyring = _library(what, None)
    try:
        keyring.set_password(service, name, secret)
        taken = keyring.get_password(service, name) == secret
    except keyring.errors.KeyringError as error:
        raise ConfigError(f"the keyring takes nothing ({type(error).__name__})", key=what, hint=_NO_KEYRING) from None
    if not taken:
        raise ConfigError("the keyring did not keep what was put into it", key=what, hint=_NO_KEYRING)


def forget(where: str) -> None:
    """Take ``SERVICE/NAME`` out of the keyring; nothing happens where it is not, or where there is no keyring."""
    service, _, name = where.partition("/")
    try:
        keyring = _library(where, None)
        keyring.delete_password(service, name)
    except ConfigError:
        return
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "keyring":
            raise


def which() -> tuple[str, bool]:
    """Return the name of the keyring that would be used, and whether it can keep anything."""
    try:
        keyring = _library("keyring", None)
    except ConfigError:
        return "none: pip install keyring", False
    backend = keyring.get_keyring()
    return str(getattr(backend, "name", type(backend).__name__)), float(getattr(backend, "priority", 0)) > 0


def _library(what: str, file: str | None) -> ModuleType:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise ConfigError(
            "a keyring is read through a library that is not installed",
            file=file,
            key=what,
            hint="pip install keyring",
        ) from None
    found: ModuleType = keyring
    return found
