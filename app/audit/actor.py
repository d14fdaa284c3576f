"""Who acts."""

import getpass

from app.core.access import viewer


def page_actor() -> str:
    """Whoever sent the present request."""
    return viewer().actor


def shell_actor() -> str:
    """Whoever runs the present command."""
    return f"shell:{getpass.getuser()}"
