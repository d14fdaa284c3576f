"""What every command of the `gridcrm` program shares."""

import os
import sys
from typing import IO, Any

import click
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app.core.errors import DomainError, from_integrity_error
from app.core.outages import outage_of
from app.core.progress import Progress


def language() -> str:
    """GRIDCRM_LANGUAGE, else the terminal's language, else Chinese."""
    wanted = os.environ.get("GRIDCRM_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or "zh"
    return "en" if wanted.lower().startswith("en") else "zh"


class Refused(click.ClickException):
    """Something the user can mend, told in the user's language: what click itself says is English."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self._line = _("Error: %(message)s", message=message)

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it."""
        click.echo(self._line, file=file, err=file is None)


class Program(click.Group):
    """A group whose commands speak the user's language and end with a sentence where something is wrong."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; what the user can mend is printed without a traceback."""
        try:
            return super().invoke(context)
        except DomainError as error:
            raise Refused(str(error)) from error
        except IntegrityError as error:
            raise Refused(str(from_integrity_error(error))) from error
        except Exception as error:
            outage = outage_of(error)
            if outage is None:
                raise
            raise Refused(str(outage)) from error


def speak(context: click.Context) -> None:
    """Use the terminal's language for the rest of the command."""
    context.with_resource(force_locale(language()))


def terminal_progress() -> Progress:
    """One line on a terminal that says how far the work is; nothing where nobody watches."""

    def report(done: int, total: int, message: str = "") -> None:
        if sys.stderr.isatty():
            share = f"{100 * done / total:3.0f} %" if total else ""
            sys.stderr.write(f"\r\x1b[K{message} {share}" if done < total else "\r\x1b[K")
            sys.stderr.flush()

    return report
