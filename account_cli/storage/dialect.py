"""Each statement is written once, as SQLite reads it; this is what has to change for PostgreSQL to read it too.

Statements keep to what both understand (upserts, RETURNING, row values, partial indexes). What is left are words that
only one of them has:

===============================================  ======================================================
SQLite                                           PostgreSQL
===============================================  ======================================================
``?``, ``?2``, ``:name``                         ``%s``, ``%(p2)s``, ``%(name)s``
``INDEXED BY name``                              nothing: its planner chooses
``INSERT OR FAIL``                               ``INSERT``
``SELECT value FROM json_each(?)``               ``SELECT jsonb_array_elements_text(%s::jsonb) AS value``
``json_group_object(a, b)``                       ``json_object_agg(a, b)::text``
``max(a, b)``, ``min(a, b)``                     ``greatest(a, b)``, ``least(a, b)``
===============================================  ======================================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

_WORDS = (
    (re.compile(r"\s+INDEXED BY \w+"), ""),
    (re.compile(r"\bINSERT OR FAIL\b"), "INSERT"),
    (re.compile(r"\bSELECT value FROM json_each\(([^)]*)\)"), r"SELECT jsonb_array_elements_text(\1::jsonb) AS value"),
    (re.compile(r"\bjson_group_object\(([^)]*)\)"), r"json_object_agg(\1)::text"),
    (re.compile(r"\bmax\(([\w.?]+), "), r"greatest(\1, "),
    (re.compile(r"\bmin\(([\w.?]+), "), r"least(\1, "),
)
_NUMBERED = re.compile(r"\?(\d+)")
_NAMED = re.compile(r"(?<![:\w]):([a-z_]\w*)")


@lru_cache(maxsize=1024)
def for_postgres(sql: str) -> str:
    """Return the statement with PostgreSQL's words and the driver's placeholders (psycopg.org/psycopg3/docs/basic)."""
    text = sql.replace("%", "%%")
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    text = _NUMBERED.sub(r"%(p\1)s", text)
    text = _NAMED.sub(r"%(\1)s", text)
    return text.replace("?", "%s")


def values_for_postgres(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:
    """Return the values as the placeholders of ``for_postgres`` ask for them."""
    if isinstance(values, Mapping) or _NUMBERED.search(sql) is None:
        return values
    return {f"p{number}": value for number, value in enumerate(values, 1)}
