"""Binance refuses with a number and a sentence.

developers.binance.com, USDⓈ-M Futures, Error Codes. Status 400 unless said otherwise.
"""

from __future__ import annotations


class Refused(Exception):
    """A request is refused with ``{"code", "msg"}``."""

    def __init__(self, code: int, words: str, status: int = 400) -> None:
        super().__init__(words)
        self.code, self.words, self.status = code, words, status


def bad_key() -> Refused:
    """-2015: an unknown key, or one that may not do this."""
    return Refused(-2015, "Invalid API-key, IP, or permissions for action.", 401)


def no_stream(words: str) -> Refused:
    """The account's stream is refused: for the key when the words say so (-2015), else for no known reason (-1000)."""
    return Refused(-2015, words, 401) if "API-key" in words else Refused(-1000, words)


def missing(name: str) -> Refused:
    """-1102: a mandatory parameter."""
    return Refused(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def invalid(name: str) -> Refused:
    """-1130: a parameter out of its range."""
    return Refused(-1130, f"Data sent for parameter '{name}' is not valid.")


def bad_symbol() -> Refused:
    """-1121: a symbol that there is not."""
    return Refused(-1121, "Invalid symbol.")


def bad_combination() -> Refused:
    """-1128: parameters that exclude each other."""
    return Refused(-1128, "Combination of optional parameters invalid.")


def too_long() -> Refused:
    """-4165: more than seven days between the bounds."""
    return Refused(-4165, "Invalid time interval. Maximum time interval is 7 days.")
