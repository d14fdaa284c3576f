"""The theme of the pages: the one that the reader chose, else that of the system."""

from flask import request

THEMES = ("auto", "light", "dark")
COOKIE = "theme"


def chosen_theme() -> str:
    """The theme that the reader's cookie names; `auto` leaves it to the browser's system."""
    theme = request.cookies.get(COOKIE, "")
    return theme if theme in THEMES else THEMES[0]
