"""Every error that ``acct`` raises on purpose, split by who must act.

    AcctError
      ConfigError        exit 8    file, line, key; SecretNotFound, SecretExposed
      CredentialError    exit 5    KeyMissing | KeyRejected | KeyCanTrade
      ExchangeError      exit 6
        Temporary                  RateLimited, Unreachable, Maintenance
        Permanent                  NotSupported, NotListed, BadAnswer
      InputError         exit 2    an argument given; FileWrong: file, line, field
      StorageError       exit 9    SchemaTooNew, Unavailable (Busy, BusAway, Damaged), DiskFull
        LockHeld         exit 7    LeaseLost
      HalfRunning        exit 1    collecting in one's own process: some of it ended, the rest goes on
      InternalError      exit 1    a bug

A message says what and where in one line; ``hint`` says what to do next. Neither ever holds a URL, key or signature.
"""

from __future__ import annotations

from collections.abc import Iterable

#: Over several accounts the worst exit status wins; the first one listed here is the worst.
WORST_FIRST = (1, 9, 3, 5, 8, 7, 4, 6)


def worst_exit(codes: Iterable[int]) -> int:
    """Return the exit status to end with when several accounts ended with ``codes``; 0 when all were fine."""
    seen = set(codes) - {0}
    for code in WORST_FIRST:
        if code in seen:
            return code
    return min(seen, default=0)


class AcctError(Exception):
    """The root: something a person or a program must hear about."""

    exit_code = 1
    code = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def with_hint(self) -> str:
        """Return what is wrong and what to do next, for where there is one line for both."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(AcctError):
    """The configuration cannot be used; ``file``, ``line`` and ``key`` say where, ``path`` which value it is."""

    exit_code = 8
    code = "config"

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        key: str | None = None,
        hint: str | None = None,
        path: tuple[str, ...] = (),
    ) -> None:
        where = file or ""
        if line is not None:
            where += f":{line}"
        if key is not None:
            where += f" [{key}]" if where else f"[{key}]"
        super().__init__(f"{where}: {message}" if where else message, hint=hint)
        self.file, self.line, self.key, self.path = file, line, key, path

    def left_out(self) -> str:
        """Return what to say where the rest of the configuration holds."""
        return f"{self.with_hint()}; this is left out, the rest holds"


class SecretNotFound(ConfigError):
    """What says where a secret is leads to none."""

    code = "secret-not-found"


class SecretExposed(ConfigError):
    """A file that holds a secret may be read or written by others."""

    code = "secret-exposed"


class CredentialError(AcctError):
    """The key cannot be used."""

    exit_code = 5
    code = "credentials"


class KeyMissing(CredentialError):
    """No key is configured for an account that needs one."""

    code = "key-missing"


class KeyRejected(CredentialError):
    """The exchange refused the key; ``whole``: for whatever it is used, not only for one thing it may not do."""

    code = "key-rejected"

    def __init__(self, message: str, *, hint: str | None = None, whole: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.whole = whole


class KeyCanTrade(CredentialError):
    """The key may do more than read; ``standing`` is ``can-trade`` or ``can-withdraw``."""

    code = "key-can-trade"

    def __init__(self, message: str, *, hint: str | None = None, standing: str = "can-trade") -> None:
        super().__init__(message, hint=hint)
        self.standing = standing


class ExchangeError(AcctError):
    """The exchange did not give what was asked."""

    exit_code = 6
    code = "exchange"


class Temporary(ExchangeError):
    """Trying again later may help; ``retry_after`` is in seconds when the exchange said so."""

    code = "temporary"

    def __init__(self, message: str, *, retry_after: float | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class RateLimited(Temporary):
    """Too many requests."""

    code = "rate-limited"


class Unreachable(Temporary):
    """No answer, or the connection broke."""

    code = "unreachable"


class Maintenance(Temporary):
    """The exchange says that it is down for work."""

    code = "maintenance"


class Permanent(ExchangeError):
    """Trying again will not help."""

    code = "permanent"


class NotSupported(Permanent):
    """The exchange, or its adapter, does not offer this."""

    code = "not-supported"


class NotListed(Permanent):
    """The exchange does not know this market, or no longer."""

    code = "not-listed"


class BadAnswer(Permanent):
    """The exchange answered something that cannot be read."""

    code = "bad-answer"


class InputError(AcctError):
    """A file or an argument given by a person is wrong; ``file``, ``line`` and ``field`` say where."""

    exit_code = 2
    code = "input"

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        field: str | None = None,
        hint: str | None = None,
    ) -> None:
        where = file or ""
        if line is not None:
            where += f":{line}"
        if field is not None:
            where += f" field {field!r}" if where else f"field {field!r}"
        super().__init__(f"{where}: {message}" if where else message, hint=hint)
        self.file, self.line, self.field = file, line, field


class FileWrong(InputError):
    """A file given by a person cannot be read, or holds what cannot be."""

    code = "file"


class StorageError(AcctError):
    """The database cannot be used."""

    exit_code = 9
    code = "storage"


class SchemaTooNew(StorageError):
    """A newer ``acct`` wrote this database."""

    code = "schema-too-new"


class Unavailable(StorageError):
    """The database cannot be opened, read or written."""

    code = "storage-unavailable"


class Busy(Unavailable):
    """Others were in the way, nothing was stored: the same transaction may well succeed the next time."""


class Damaged(Unavailable):
    """What lies there is no whole database of ``acct``."""

    code = "storage-damaged"


class BusAway(Unavailable):
    """What others hear through cannot be reached; nothing that acct needs itself."""

    code = "bus-away"


class BusForgot(BusAway):
    """What was told is no longer there, and has to be told again."""

    code = "bus-forgot"


class DiskFull(StorageError):
    """There is no room left."""

    code = "disk-full"


class LockHeld(StorageError):
    """Another process holds what this one needs alone."""

    exit_code = 7
    code = "lock-held"


class LeaseLost(LockHeld):
    """Another process has taken an account over: this one may write nothing more about it."""

    code = "lease-lost"


class HalfRunning(AcctError):
    """What was started has ended in part, or is just ending: it must be stopped before it can be started again."""

    code = "half-running"


class InternalError(AcctError):
    """A bug in ``acct``: the journal is kept as it is, nothing goes on."""

    exit_code = 1
    code = "internal"


def first_of(error: BaseException) -> BaseException:
    """Return what a group of tasks failed of first; any other error itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
