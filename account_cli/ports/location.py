"""Where a database is: a file, or a server named by a URL whose password is never shown."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

Location = Path | str
"""A file of SQLite, or the URL of a PostgreSQL server."""
_SERVERS = ("postgresql://", "postgres://")
_REDIS = ("redis://", "rediss://")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def located(url: str) -> Location:
    """Return the place that ``[storage] database`` names: ``sqlite:///FILE`` or ``postgresql://…``.

    Raises ``ValueError`` for anything else; no more of the URL than its scheme is told.
    """
    if url.startswith(_SERVERS):
        _must_be_readable(url)
        return url
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and len(rest) > 1 and rest.startswith("/"):
        return Path(rest[1:]).expanduser()
    if scheme.startswith("redis"):
        raise ValueError("Redis forgets: it goes beside a database, never in place of one")
    raise ValueError(f"no database can be opened at {scheme}://…" if _ else "a database is named by a URL")


def redis_url(url: str) -> str:
    """Return the URL of a Redis as ``[storage] redis`` says it; raises ``ValueError`` for anything else."""
    if not url.startswith(_REDIS):
        raise ValueError("a Redis is named by a URL that starts with redis:// or rediss://")
    _must_be_readable(url)
    number = urlsplit(url).path.strip("/")
    if number and not number.isdecimal():
        raise ValueError("what stands behind the host of a Redis is the number of its database, like /0")
    return url


def _must_be_readable(url: str) -> None:
    """Refuse a URL in which a part of a password could be taken for a host or a name, and be shown as one."""
    try:
        parts = urlsplit(url)
        misread = parts.netloc.count("@") > 1 or "@" in parts.path or parts.fragment or parts.port == 0
    except ValueError:
        misread = True
    if misread or _BARE_PERCENT.search(url):
        raise ValueError("this URL cannot be read; in a password @ : / ? # % are written %40 %3A %2F %3F %23 %25")


def holds_password(location: Location) -> bool:
    """True for a URL that says a password."""
    return isinstance(location, str) and bool(password_of(location))


def password_of(location: Location) -> str | None:
    """Return the password that a URL says, None when it says none."""
    if isinstance(location, Path):
        return None
    parts = urlsplit(location)
    return unquote(parts.password) if parts.password else next(iter(parse_qs(parts.query).get("password", ())), None)


def named(location: Location) -> str:
    """Return where it is, for people: without user, password and settings."""
    if isinstance(location, Path):
        return str(location)
    return f"{urlsplit(location).path.lstrip('/') or 'its default database'} on {host_of(location)}"


def host_of(url: str) -> str:
    """Return the host of a URL, and the port where it says one."""
    parts = urlsplit(url)
    host = parts.hostname or (parse_qs(parts.query).get("host") or ["local socket"])[0]
    return f"{host}:{parts.port}" if parts.port else host
