"""Where a sign-in comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Client:
    """The address, the program, and what a device brings that has signed in before."""

    address: str
    agent: str = ""
    device: str = ""
