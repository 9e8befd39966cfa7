"""What a person decided: accounts, keys and waiting times, read from one TOML file and the environment.

``load``     the file into a ``Config``, or an error with file, line and key
``model``    ``Config`` and ``AccountConfig``: the values and their defaults
``keys``     every key there is and what it may hold
``secrets``  where a key may come from, and the refusal of files that others may read
``paths``    where things are kept
``lines``    on which line a key stands
``edit``     accounts added and removed
``nearest``  did you mean

Promises: 1. an unknown key is refused, with the nearest name. 2. a secret is in no ``repr`` and no message.
3. reading a configuration loads nothing heavy and needs no key: keys are looked for when an exchange is to be read.
"""

from account_cli.config.load import load_config
from account_cli.config.model import EVERY, PEGGED, AccountConfig, Config, Strategy

__all__ = ["EVERY", "PEGGED", "AccountConfig", "Config", "Strategy", "load_config"]
