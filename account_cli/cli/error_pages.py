"""What each kind of error means, in a page: ``acct explain E-KEY-REJECTED``.

An error ends with its id, which is its code in JSON, written large behind ``E-``; ids are never given to another
meaning. A test holds this list and the errors that there are to the same codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from account_cli.errors import AcctError, InputError

PREFIX = "E-"


class Page(NamedTuple):
    """``means`` in one sentence; ``causes`` as they are met; ``steps`` to take, commands where there is one."""

    means: str
    causes: tuple[str, ...]
    steps: tuple[str, ...]


_KEY_STEPS = ("acct doctor NAME says what the exchange answers", "acct accounts key NAME gives the account another key")
_NET_STEPS = ("acct doctor NAME looks at name, TLS, REST and stream one by one", "acct status says since when")
PAGES: dict[str, Page] = {
    "config": Page(
        "The configuration cannot be used; nothing was begun.",
        (
            "a key that there is not: the message names file, line and key, the hint the nearest key",
            "a value of a wrong kind, in the file or in a variable ACCT_SECTION__KEY",
        ),
        (
            "acct config validate lists all that is wrong, acct config show --origin says where each value came from",
            "acct config schema and docs/configuration.md say what may be written",
        ),
    ),
    "secret-not-found": Page(
        "What says where a secret is (env:, file:, keyring:, cmd:, vault:, gcp:) leads to none.",
        (
            "a variable that is not set where acct runs (a service has an environment of its own)",
            "a file that is empty or cannot be read, a command that fails or prints nothing",
            "a keyring, a Vault or a Secret Manager that has no such entry, or does not give it to you",
        ),
        (
            "the message names the place, the hint how to put it there or to look by hand",
            "acct accounts key NAME stores a key anew; docs/secrets.md says what each kind of reference means",
        ),
    ),
    "secret-exposed": Page(
        "A file that holds a secret may be read or written by others, so nothing in it is used.",
        ("its mode lets a group or everybody in (a fresh file often does)", "it belongs to another user"),
        (
            "chmod 600 FILE, as the hint says; whoever may have read the key meanwhile has it: make another",
            'or keep the secret elsewhere and only name it: api_key = "keyring:…" (docs/secrets.md)',
        ),
    ),
    "credentials": Page("The key cannot be used.", ("the exchange said so, and no more",), _KEY_STEPS),
    "key-missing": Page(
        "An account needs a key, and none was found, or half of one.",
        ("its variables are not set where acct runs (a service has an environment of its own)",),
        ("acct accounts key NAME asks for it; docs/secrets.md lists every place where one may be",),
    ),
    "key-rejected": Page(
        "The exchange refused the key; as a whole, or for what was asked.",
        (
            "it was deleted, or has run out",
            "it is bound to another address than this computer's",
            "its secret belongs to another key, or was cut short when it was copied",
            "a permission to read is missing: acct accounts add shows which boxes it needs",
        ),
        (
            *_KEY_STEPS,
            "a refused key is left alone for key_interval (ten minutes); a new one counts at once",
        ),
    ),
    "key-can-trade": Page(
        "The key can do more than read, so it is not used.",
        ("a box for trading, transferring or withdrawing is ticked at the exchange",),
        (
            "untick the boxes that are named, or make a key that may only read",
            "--allow-writable-key, or allow_writable_key = true, uses it all the same (docs/read-only.md)",
        ),
    ),
    "exchange": Page("The exchange did not give what was asked.", ("it said so, and no more",), _NET_STEPS),
    "temporary": Page("It did not work now, and may in a moment.", ("the exchange is busy",), _NET_STEPS),
    "rate-limited": Page(
        "The exchange wants to be asked less often; nothing more is sent until it allows.",
        ("several programs use one key or one address", "a short poll_interval", "a ban after many refusals"),
        ("wait: the time is in the message", "acct doctor NAME says how much of the budget is used"),
    ),
    "unreachable": Page(
        "There was no answer, or the connection broke.",
        ("no network, no name service, a firewall or a proxy between", "another address in urls than the exchange's"),
        _NET_STEPS,
    ),
    "maintenance": Page(
        "The exchange says that it is down for work.", ("its own announcement says until when",), _NET_STEPS
    ),
    "permanent": Page("Asking again will not help.", ("the message says why",), ("-v says more",)),
    "not-supported": Page(
        "The exchange, or acct's adapter for it, does not offer this.",
        ("a kind of data that this exchange does not tell", "a request that is not on the read list"),
        ("acct accounts shows what is followed, and how; docs/read-only.md what may be asked",),
    ),
    "not-listed": Page(
        "The exchange does not know this market, or no longer.",
        ("it was delisted, or is called otherwise",),
        ('symbols = ["BTC/USD"] of the account: take it out, or write it as the exchange does',),
    ),
    "bad-answer": Page(
        "The exchange answered something that cannot be read; what was received is kept.",
        ("it changed its answers", "something between here and there answers in its place"),
        ("acct inbox shows what could not be read, acct replay reads it again with a newer acct",),
    ),
    "input": Page(
        "A word of the command line is wrong.",
        ("a name that nobody knows, a value that cannot be; the message names the option",),
        ("acct COMMAND --help shows how it is called",),
    ),
    "file": Page(
        "A file that was given cannot be read, or a line of it cannot be a fact; nothing of it was stored.",
        (
            "another format, or another exchange's, than the one it was read as",
            "a line that was edited, cut off, or contradicts what is stored",
        ),
        (
            "the message names file, line and field; acct import --dry-run tries again without storing",
            "docs/import.md says which files are read, docs/formats.md what a line may hold",
        ),
    ),
    "usage": Page(
        "The command line cannot be read.",
        ("an option that there is not, or one without its value",),
        ("acct COMMAND --help shows how it is called",),
    ),
    "storage": Page(
        "The database cannot be used as it is.",
        ("the place is none for a database, or holds facts already; the message says which",),
        ("acct config get storage.database says where it is; acct doctor --offline looks at it",),
    ),
    "storage-damaged": Page(
        "The file is damaged, or no database of acct's.",
        ("a disk that failed, a copy that was cut short", "another program's file at this path"),
        (
            "move it away and keep it; acct db restore FILE puts a backup back",
            "without a backup, begin anew: exchanges are asked for all that they still tell (docs/recovery.md)",
        ),
    ),
    "schema-too-new": Page(
        "A newer acct wrote this database.",
        ("two versions of acct use one data folder",),
        ("use the newer acct, or another data_dir",),
    ),
    "storage-unavailable": Page(
        "The database cannot be opened, read or written now.",
        ("a server that is away", "rights of the file or its folder", "another program holds it for long"),
        ("acct doctor --offline looks at it; what could not be stored is read from the exchange again",),
    ),
    "bus-away": Page(
        "The Redis or other bus that others hear through is away; facts are stored all the same.",
        ("it is not running, or another address",),
        ("acct outbox list shows what waits for it",),
    ),
    "bus-forgot": Page(
        "The Redis that others hear through has lost what it was told.",
        ("it was emptied, or started without its data",),
        ("nothing: everything is told again; acct outbox list shows what waits",),
    ),
    "disk-full": Page(
        "There is no room left; nothing is half written.",
        ("the disk, or a quota",),
        ("make room; acct db stats says what takes it, acct db vacuum gives unused room back",),
    ),
    "lock-held": Page(
        "Another process has what this one needs alone.",
        ("another acct collects this account",),
        ("acct status says which; acct collect --stop ends it",),
    ),
    "lease-lost": Page(
        "Another process has taken the account over, so this one writes nothing more about it.",
        ("this process was paused, or cut off from the database, for longer than twelve seconds",),
        ("nothing: it is collected elsewhere; acct status says where",),
    ),
    "half-running": Page(
        "Part of what was started has ended, or is just ending.",
        ("one account failed while others go on",),
        ("stop it, then start it again",),
    ),
    "system": Page(
        "The operating system refused something.",
        ("rights of a file, a path that is not there",),
        ("check the path in the message",),
    ),
    "error": Page("Something that has no name of its own.", ("the message says what",), ("-vv says where",)),
    "internal": Page(
        "A bug in acct. What was stored is as it was.",
        ("nobody foresaw it",),
        ("the report in the state folder says where; acct doctor --bundle FILE has it with what helps to mend it",),
    ),
}
OUTSIDE = {"usage": 2, "system": 9}
"""Codes of errors that are not acct's own, with their exit status."""


def id_of(code: str) -> str:
    """Return the id that an error shows, for its code."""
    return PREFIX + code.upper()


def exit_codes() -> dict[str, int]:
    """Return every code with its exit status, read off the errors themselves."""
    found = dict(OUTSIDE)
    for kind in _kinds(AcctError):
        found.setdefault(kind.code, kind.exit_code)
    return found


def _kinds(root: type[AcctError]) -> Iterator[type[AcctError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)


def page_lines(given: str) -> list[str]:
    """Return the page of one error, by its id or code. Raises ``InputError`` with the nearest id."""
    from account_cli.config.nearest import did_you_mean

    code = given.lower().removeprefix(PREFIX.lower())
    page = PAGES.get(code)
    if page is None:
        ids = [id_of(one) for one in PAGES]
        raise InputError(f"no error {given!r}", hint=did_you_mean(given, ids) or "acct explain errors lists them")
    lines = [f"{id_of(code)}, exit status {exit_codes()[code]}", "", page.means, "", "How it comes:"]
    lines += [f"  - {cause}" for cause in page.causes]
    return [*lines, "", "What to do:", *(f"  - {step}" for step in page.steps)]


def list_lines() -> list[str]:
    """Return every id with its exit status and meaning, a line each."""
    codes = exit_codes()
    width = max(len(id_of(code)) for code in PAGES)
    return [f"{id_of(code):<{width}}  {codes[code]}  {page.means}" for code, page in PAGES.items()]
