"""Where each value came from: the file, one of its profiles, or the environment, the later before the earlier.

The layers are laid over one another before anything is judged, so that every value is held to the same rules, and an
error names the place that it stands in, whichever layer that is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from account_cli.config.catalogue import Path
from account_cli.config.lines import line_of
from account_cli.config.nearest import did_you_mean
from account_cli.errors import ConfigError

PROFILES = "profiles"


class Origin(NamedTuple):
    """Where a value stands: ``file`` and ``line``, or the ``variable``; neither is the default."""

    kind: Literal["file", "profile", "environment", "default"]
    file: str | None = None
    line: int | None = None
    variable: str | None = None

    def __str__(self) -> str:
        if self.variable is not None:
            return self.variable
        return "default" if self.file is None else self.file if self.line is None else f"{self.file}:{self.line}"


DEFAULT = Origin("default")


class Layers:
    """One configuration before it is judged: all of it merged, and where each part was written."""

    def __init__(self, raw: dict[str, Any], text: str, file: str) -> None:
        self._file, self._text, self._raw = file, text, raw
        self.merged: dict[str, Any] = {}
        self._from: dict[Path, tuple[Path, str | None]] = {}
        """Path of a value to the tables above it in the file, or to the variable that gave it."""

    def lay(self, env: Mapping[str, str], profile: str | None) -> None:
        """Merge the file, the profile and the environment. Raises ``ConfigError`` for a profile that is not there."""
        self.merged, self._from = {}, {}
        self._over({key: value for key, value in self._raw.items() if key != PROFILES}, ())
        if profile is not None:
            self._over(self._profile(profile), (PROFILES, profile))
        if any(name.startswith("ACCT_") for name in env):
            from account_cli.config.environment import from_environment  # a start without needs no list of keys

            for given in from_environment(env, self.merged):
                self._put(given.path, given.value, ((), given.variable))

    def profiles(self) -> tuple[str, ...]:
        """Return the names of the profiles that the file has. Raises ``ConfigError`` when they are no tables."""
        found = self._raw.get(PROFILES, {})
        if not isinstance(found, dict):
            raise self._refuse((PROFILES,), (PROFILES,), "must be a table", "write [profiles.NAME]")
        for name, table in found.items():
            if not isinstance(table, dict):
                at = (PROFILES, name)
                raise self._refuse(at, at, "must be a table", f"write [profiles.{name}]")
        return tuple(found)

    def _profile(self, name: str) -> Mapping[str, Any]:
        names = self.profiles()
        if name not in names:
            known = f"profiles of {self._file}: {', '.join(names)}" if names else f"write [profiles.{name}]"
            raise ConfigError(f"there is no profile {name!r}", file=self._file, hint=did_you_mean(name, names) or known)
        found: Mapping[str, Any] = self._raw[PROFILES][name]
        return found

    def _refuse(self, place: Path, path: Path, message: str, hint: str | None) -> ConfigError:
        line = line_of(self._text, place)
        return ConfigError(message, file=self._file, line=line, key=".".join(place), hint=hint, path=path)

    def _over(self, table: Mapping[str, Any], above: Path) -> None:
        for path, value in _leaves(table):
            self._put(path, value, (above, None))

    def _put(self, path: Path, value: Any, source: tuple[Path, str | None]) -> None:
        table = self.merged
        for part in path[:-1]:
            inner = table.get(part)
            if not isinstance(inner, dict):
                inner = table[part] = {}
            table = inner
        before = table.get(path[-1])
        if not (value == {} and isinstance(before, dict)):
            table[path[-1]] = value
        self._from[path] = source

    def origin(self, path: Path) -> Origin:
        """Return where the value at ``path``, the nearest table around it, or what stands in it was written."""
        source = self._source(path)
        if source is None:
            return DEFAULT
        above, variable = source
        if variable is not None:
            return Origin("environment", variable=variable)
        return Origin("profile" if above else "file", self._file, line_of(self._text, (*above, *path)))

    def place(self, path: Path) -> str:
        """Return where a value that somebody gave stands: file, line and key, or the variable."""
        origin = self.origin(path)
        return str(origin) if origin.variable is not None else f"{origin} [{'.'.join(path)}]"

    def error(self, path: Path, message: str, hint: str | None) -> ConfigError:
        """Say what is wrong with the value at ``path``, and where that stands."""
        above, variable = self._source(path) or ((), None)
        if variable is not None:
            return ConfigError(message, key=variable, hint=hint, path=path)
        return self._refuse((*above, *path), path, message, hint)

    def leave_out(self, path: Path) -> bool:
        """Take the value at ``path``, or the nearest around it, out of what the file says; False where it says none."""
        above, _ = self._source(path) or ((), None)
        tables: list[Any] = [self._raw]
        place = (*above, *path)
        for part in place:
            if not isinstance(tables[-1], dict) or part not in tables[-1]:
                break
            tables.append(tables[-1][part])
        depth = len(tables) - 2
        if depth < len(above):
            return False
        del tables[depth][place[depth]]
        return True

    def _source(self, path: Path) -> tuple[Path, str | None] | None:
        """Return the tables above a value in the file, and the variable that gave it; None for what nobody gave."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._from:
                return self._from[path[:length]]
        inside = (source for known, source in self._from.items() if known[: len(path)] == path)
        return next(inside, None)

    def in_file(self, path: Path) -> bool:
        """True when a person wrote the value into the file."""
        return self.origin(path).kind in {"file", "profile"}


def _leaves(table: Mapping[str, Any], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Return every value with its path; an empty table is a value too."""
    for key, value in table.items():
        path = (*above, key)
        if isinstance(value, dict) and value:
            yield from _leaves(value, path)
        else:
            yield path, value
