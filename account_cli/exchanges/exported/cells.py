"""One cell of an exchange's file, read exactly, or a complaint that says where it stands and what was expected."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeVar

from account_cli.domain.money import decimal
from account_cli.domain.times import SECOND, parse_time
from account_cli.errors import InputError

T = TypeVar("T")
_TIME = re.compile(r"(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|\+00:?00)?")
_SHORT_YEAR = re.compile(r"\d\d-\d\d-\d\d ")


class Row(NamedTuple):
    """A row of a file by its column names, and where it stands."""

    file: str
    line: int
    cells: Mapping[str, str]

    def wrong(self, column: str, message: str) -> InputError:
        """Return the complaint about one cell."""
        return InputError(message, file=self.file, line=self.line, field=column)

    def text(self, column: str) -> str:
        """Return a text that must be there."""
        found = self.cells.get(column, "").strip()
        if not found:
            raise self.wrong(column, "is empty; a text was expected")
        return found

    def maybe(self, column: str) -> str | None:
        """Return a text, None where there is none."""
        return self.cells.get(column, "").strip() or None

    def number(self, column: str) -> Decimal:
        """Return an exact number that must be there."""
        found = self.maybe_number(column)
        if found is None:
            raise self.wrong(column, "is empty; a number like -0.0125 was expected")
        return found

    def maybe_number(self, column: str) -> Decimal | None:
        """Return an exact number, None where the cell is empty."""
        text = self.cells.get(column, "").strip().replace(",", "") or None
        try:
            return None if text is None else decimal(text)
        except ValueError:
            raise self.wrong(column, f"is {text!r:.60}; a number like -0.0125 was expected") from None

    def choice(self, column: str, known: Mapping[str, T]) -> T:
        """Return what a word stands for."""
        word = self.text(column)
        if word not in known:
            raise self.wrong(column, f"is {word!r:.60}; one of {', '.join(known)} was expected")
        return known[word]

    def time(self, column: str) -> tuple[int, int]:
        """Return a time in UTC in nanoseconds, and how exactly it is told."""
        text = self.text(column)
        if _SHORT_YEAR.match(text):
            text = f"20{text}"
        match = _TIME.fullmatch(text)
        try:
            if match is None:
                raise ValueError
            digits = match[5] or ""
            fraction = f".{digits}" if digits else ""
            ns = parse_time(f"{match[1]}-{match[2]}-{match[3]}T{match[4]}{fraction}Z")
        except ValueError:
            raise self.wrong(column, f"is {text!r:.60}; a time in UTC like 2024-01-31 12:00:00 was expected") from None
        return ns, SECOND // 10 ** len(digits)


def rows_of(file: str, lines: Iterable[str]) -> Iterator[Row]:
    """Yield the rows of a CSV file behind its header. Raises ``InputError`` where it is no table."""
    reader = csv.reader(lines, strict=True)
    header: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            found = next(reader, None)
        except csv.Error as error:
            raise InputError(f"is not CSV: {error}", file=file, line=line) from None
        if found is None:
            return
        if header is None:
            header = names_of(found)
        elif found:
            if len(found) != len(header):
                raise InputError(f"has {len(found)} cells where the header has {len(header)}", file=file, line=line)
            yield Row(file, line, dict(zip(header, found, strict=True)))


def names_of(cells: Iterable[str]) -> list[str]:
    """Return the names of columns, as a header has them."""
    return [cell.removeprefix("\ufeff").strip() for cell in cells]
