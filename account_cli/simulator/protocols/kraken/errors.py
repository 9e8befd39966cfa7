"""Kraken refuses in words such as ``EAPI:Invalid nonce``."""

from __future__ import annotations


class Refused(Exception):
    """A request is refused; ``words`` go into the envelope."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
