"""acct tells the truth about a person's crypto exchange accounts, and can do nothing but read.

Exchanges tell facts; a collector hears each at least once; the journal keeps each exactly once; the ledger says what
follows; everything a person sees is a pure function of that.

Read in this order: ``domain.events`` (what is true), ``engine.ingest`` (how it is written down), ``ledger`` (what
follows), ``ports`` (every hole in the core), ``bootstrap`` (what fills the holes), then one file of ``cli`` and the
screen that shows the same report. ``docs/architecture.md`` has the map and the dependency rule.

Importing this package loads nothing heavy: no exchange library, no screen library, no database.
"""

__version__ = "0.1.0"
