"""What a person decided: accounts, keys and waiting times, read from one TOML file and the environment.

``load``     the file into a ``Config``, or an error with file, line and key
``layers``   file, profile and ``environment``: one over the other, and where each value came from
``model``    ``Config`` and ``AccountConfig``: the values and their defaults; ``log``, ``alerts``: those of a section
``keys``     every key there is and what it may hold
``known``    the same keys in words (``catalogue``): ``example``, ``schema`` and ``showing`` are made from them
``secrets``  where a key may come from; ``references`` followed: ``keyrings``, ``vault``, ``gcp``
``paths``    where things are kept
``lines``    on which line a key stands
``edit``     keys and accounts changed, added and removed
``nearest``  did you mean

Promises: 1. an unknown key is refused, with the nearest name. 2. a secret is in no ``repr`` and no message.
3. reading a configuration loads nothing heavy and needs no key: keys are looked for when an exchange is to be read.
"""

from account_cli.config.load import load_config
from account_cli.config.model import EVERY, PEGGED, AccountConfig, Config, Strategy

__all__ = ["EVERY", "PEGGED", "AccountConfig", "Config", "Strategy", "load_config"]
