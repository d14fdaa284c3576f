"""How long work says how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Called now and then with what is done and what there is to do; may raise to stop the work."""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Report."""


def silent(done: int, total: int, message: str = "") -> None:
    """Report to nobody."""
