"""What was told is kept here, exactly once and exactly as it was told.

``opening``      ``open_journal``, ``open_reader``: look first, migrate if needed
``journal``      the ports ``Journal``, ``JournalTx``, ``JournalReader`` in SQL
``reading_*``    what can be asked, ``writing_*`` what can be stored: facts apart from states
``history``      recorded points and snapshots; ``timescale`` their tables as hypertables
``requests``     what is asked of the process that collects
``codec``        structs to JSON text and back
``clocks``       times that one machine writes and another judges
``database``     one connection: ``sqlite`` or ``postgres``, with ``dialect`` for the words that differ
``failures*``    their errors in our words; ``files`` who may touch a file; ``lock`` and ``presence`` who collects
``copying``      all of it from one database to another; ``backing_up`` into a file and back
``checking``     whether it is what it must be; ``measuring`` how large it is
``following``    waiting for another process to write
``schema``       the tables; ``migrating`` and ``migrations`` how older files get there

1. A transaction is stored whole or not at all; once its block has ended, it outlives SIGKILL and a power cut.
2. An account's journal is numbered from 1 without gaps, and no line of it is ever changed or removed.
3. A number comes back with the digits it was stored with; money is never added up in SQL.
4. A reader sees one committed state, waits for no writer and cannot write.
5. What is not ours, or is newer than us, is refused and left untouched.
6. Reading, and writing to an up-to-date file, import neither SQLAlchemy nor Alembic.
"""

from account_cli.storage.lock import reconciling_lock
from account_cli.storage.opening import has_database, open_journal, open_reader
from account_cli.storage.presence import Presence, collector_lock, present

__all__ = ["Presence", "collector_lock", "has_database", "open_journal", "open_reader", "present", "reconciling_lock"]
