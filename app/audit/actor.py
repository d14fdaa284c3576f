"""Who acts."""

import getpass

from flask import request


def page_actor() -> str:
    """Whoever sent the present request: there are no user accounts yet, so only the address is known."""
    return f"anonymous@{request.remote_addr}"


def shell_actor() -> str:
    """Whoever runs the present command."""
    return f"shell:{getpass.getuser()}"
