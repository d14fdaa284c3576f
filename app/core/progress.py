"""How long work says how far it is."""

from typing import Protocol


class Progress(Protocol):
    """Called now and then with what is done and what there is to do; may raise to stop the work."""

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Report."""


def silent(done: int, total: int, message: str = "") -> None:
    """Report to nobody."""


def seconds_left(taken: float, done: int, total: int) -> float | None:
    """How long it may take yet, going on as it went; None as long as nothing can be said.

    >>> seconds_left(30, 250, 1000), seconds_left(0.2, 1, 1000), seconds_left(30, 0, 1000)
    (90.0, None, None)
    """
    return taken * (total - done) / done if done and total >= done and taken >= 1 else None
