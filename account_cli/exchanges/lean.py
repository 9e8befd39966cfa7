"""ccxt costs what the one venue needs, not what its hundred exchanges need.

``import ccxt.pro`` loads every exchange (110 MB, 0.7 s). ``venue_class`` puts empty stand-ins for ccxt's three package
modules into ``sys.modules`` and lets Python load only the modules of one venue (52 MB, 0.3 s). Attributes of a stand-in
are looked up when asked for, so ``ccxt.pro.kraken`` means the same as ever. It rests on how ccxt is laid out, so it
happens only when nothing has imported ccxt before, every failure falls back to the plain import, and a test holds it
to the same classes. ``ACCT_PLAIN_CCXT=1`` in the environment asks for the plain import.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGES = ("ccxt", "ccxt.async_support", "ccxt.pro")


class _Package(ModuleType):
    """A package module that was not executed: submodules are loaded when their name is asked for.

    ccxt's own packages bind, for ``kraken``, the class over the submodule of the same name; so does this one.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, ModuleType) and isinstance(value.__dict__.get(name), type):
            value = value.__dict__[name]
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        try:
            importlib.import_module(full)
        except ModuleNotFoundError as error:
            if error.name != full:
                raise
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None
        return self.__dict__[name]


def venue_class(venue: str) -> Any:
    """Return ccxt's class for ``venue``: the streaming one where there is one. Raises ``ImportError``."""
    _prepare()
    for package in ("ccxt.pro", "ccxt.async_support"):
        full = f"{package}.{venue}"
        try:
            return getattr(importlib.import_module(full), venue)
        except ModuleNotFoundError as error:
            if error.name != full:
                raise
    raise ImportError(f"ccxt has no exchange {venue!r}")


def ccxt_module(name: str) -> Any:
    """Return one of ccxt's modules below the package, for example ``base.errors``."""
    _prepare()
    return importlib.import_module(f"ccxt.{name}")


def is_lean() -> bool:
    """True when this process loaded ccxt venue by venue."""
    return isinstance(sys.modules.get("ccxt"), _Package)


def _prepare() -> None:
    if "ccxt" in sys.modules:
        return
    if not os.environ.get("ACCT_PLAIN_CCXT"):
        try:
            _stand_in()
        except (ImportError, AttributeError, OSError, TypeError):
            for name in [name for name in sys.modules if name == "ccxt" or name.startswith("ccxt.")]:
                del sys.modules[name]
        else:
            return
    importlib.import_module("ccxt.pro")


def _stand_in() -> None:
    spec = importlib.util.find_spec("ccxt")  # looks the package up, does not run it
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("ccxt is not installed as a package")
    root = Path(next(iter(spec.submodule_search_locations)))
    packages = {}
    for name in _PACKAGES:
        folder = root.joinpath(*name.split(".")[1:])
        package = _Package(name)
        package.__path__ = [str(folder)]
        package.__package__ = name
        package.__file__ = str(folder / "__init__.py")
        packages[name] = sys.modules[name] = package
    top = packages["ccxt"]
    for name, value in vars(importlib.import_module("ccxt.base.errors")).items():
        if not name.startswith("_"):
            setattr(top, name, value)
    base = importlib.import_module("ccxt.base.exchange")
    vars(top)["Exchange"], vars(top)["BaseExchange"] = base.Exchange, base.BaseExchange
    vars(top)["Precise"] = importlib.import_module("ccxt.base.precise").Precise
    vars(top)["async_support"], vars(top)["pro"] = packages["ccxt.async_support"], packages["ccxt.pro"]
    exchange = importlib.import_module("ccxt.async_support.base.exchange")
    vars(top)["__version__"] = exchange.__version__
    vars(packages["ccxt.async_support"])["Exchange"] = exchange.Exchange
    vars(packages["ccxt.async_support"])["BaseExchange"] = exchange.BaseExchange
