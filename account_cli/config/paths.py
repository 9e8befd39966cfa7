"""Every place on this computer where acct keeps something, on one page.

The XDG base directories, each with ``acct`` below it. ``ACCT_CONFIG``, ``ACCT_DATA_DIR``, ``ACCT_CACHE_DIR`` and
``ACCT_STATE_DIR`` override one place each. A relative XDG value is ignored, as the XDG specification demands.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DATABASE = "acct.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where things are; nothing is created by naming it."""

    config_file: Path
    config_named: bool
    """True when a person named the file, so that its absence is an error."""
    data_dir: Path
    cache_dir: Path
    state_dir: Path


def places(env: Mapping[str, str], *, home: Path | None = None, config: Path | None = None) -> Places:
    """Work out the places from the environment; ``config`` (from ``--config``) wins over ``ACCT_CONFIG``."""
    base = home or Path(env.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 -- Path.home() ignores ``env``
    named = config or (expand(env["ACCT_CONFIG"], base) if env.get("ACCT_CONFIG") else None)
    return Places(
        config_file=named or _xdg(env, "XDG_CONFIG_HOME", base / ".config") / "config.toml",
        config_named=named is not None,
        data_dir=_place(env, "ACCT_DATA_DIR", "XDG_DATA_HOME", base, ".local/share"),
        cache_dir=_place(env, "ACCT_CACHE_DIR", "XDG_CACHE_HOME", base, ".cache"),
        state_dir=_place(env, "ACCT_STATE_DIR", "XDG_STATE_HOME", base, ".local/state"),
    )


def expand(text: str, home: Path) -> Path:
    """Return the path that a person wrote, with ``~`` as the given home."""
    if text == "~" or text.startswith("~/"):
        return home / text[2:]
    return Path(text)


def _place(env: Mapping[str, str], own: str, xdg: str, home: Path, default: str) -> Path:
    if env.get(own):
        return expand(env[own], home)
    return _xdg(env, xdg, home / default)


def _xdg(env: Mapping[str, str], name: str, default: Path) -> Path:
    value = env.get(name, "")
    return (Path(value) if value.startswith("/") else default) / "acct"
