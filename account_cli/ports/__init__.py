"""Every hole in the core, as a Protocol, and the values that pass through it.

The core (``collector``, ``engine``) knows exchanges, databases, screens and clocks only through these. ``bootstrap`` is
the one place that fills them with real things; the contract suites in ``tests/contract`` hold every filling to the same
promises.

``exchange``      what is asked and listened to      ``storage``   where everything is kept
``inbox``         what was received, as received      ``surroundings``  time, and screens to draw on
``requests``      what other processes ask of the one that collects
``history``       what was so at an instant
``proofs``        what a proof of balance rests on      ``alerts``   what was said, and what is to be told
``outbox``        what is to leave the process, and where it goes to
"""

from account_cli.ports.alerts import AlertReader, AlertRow, AlertTx, Channel, TellingRow
from account_cli.ports.exchange import (
    Abilities,
    Beat,
    Closing,
    Declined,
    ExchangeReader,
    Gap,
    Heard,
    Page,
    ReaderSettings,
    Remark,
    StreamItem,
    Subscribed,
    patient,
)
from account_cli.ports.history import HistoryReader, HistoryTx, PointRow
from account_cli.ports.inbox import Arrived, Inbox, InboxCount, InboxReader, RawRow, RawState, Rereader
from account_cli.ports.leases import LeaseReader, LeaseTx
from account_cli.ports.location import Location
from account_cli.ports.outbox import Bus, Message, OutboxReader, OutboxRow, OutboxTx
from account_cli.ports.proofs import ProofReader, ProofTx, ReadingRow
from account_cli.ports.requests import Answer, Request, RequestReader, RequestTx, Wish
from account_cli.ports.storage import (
    AccountRow,
    Entry,
    Journal,
    JournalReader,
    JournalTx,
    KeptRow,
    KeptTuple,
    Origin,
    Snapshot,
)
from account_cli.ports.surroundings import Clock, ScreenSource

__all__ = [
    "Abilities",
    "AccountRow",
    "AlertReader",
    "AlertRow",
    "AlertTx",
    "Answer",
    "Arrived",
    "Beat",
    "Bus",
    "Channel",
    "Clock",
    "Closing",
    "Declined",
    "Entry",
    "ExchangeReader",
    "Gap",
    "Heard",
    "HistoryReader",
    "HistoryTx",
    "Inbox",
    "InboxCount",
    "InboxReader",
    "Journal",
    "JournalReader",
    "JournalTx",
    "KeptRow",
    "KeptTuple",
    "LeaseReader",
    "LeaseTx",
    "Location",
    "Message",
    "Origin",
    "OutboxReader",
    "OutboxRow",
    "OutboxTx",
    "Page",
    "PointRow",
    "ProofReader",
    "ProofTx",
    "RawRow",
    "RawState",
    "ReaderSettings",
    "ReadingRow",
    "Remark",
    "Request",
    "RequestReader",
    "RequestTx",
    "Rereader",
    "ScreenSource",
    "Snapshot",
    "StreamItem",
    "Subscribed",
    "TellingRow",
    "Wish",
    "patient",
]
