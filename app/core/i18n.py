"""Chinese first, English beside it: each slice keeps its own catalogue."""

from datetime import date
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, has_request_context, request
from flask_babel import Babel, format_date, get_locale

from app.core.clock import ZONE

LOCALES = ("zh", "en")
COOKIE = "language"


def select_locale() -> str:
    """The language chosen by the reader, else the browser's, else Chinese; Chinese where nobody reads."""
    if not has_request_context():
        return LOCALES[0]
    chosen = request.cookies.get(COOKIE)
    if chosen in LOCALES:
        return chosen
    return request.accept_languages.best_match(LOCALES, default="zh") or "zh"


def day_in_words(value: date | None) -> str:
    """A day as the reader's language writes it, the same everywhere; nothing where there is none."""
    return "" if value is None else format_date(value, "d MMM y" if str(get_locale()) == "en" else "medium")


def compile_catalogues(root: Path) -> list[Path]:
    """Compile every .po that is newer than its .mo; returns the catalogue folders."""
    sources = sorted(root.glob("*/translations/*/LC_MESSAGES/messages.po"))
    for source in sources:
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            with source.open("rb") as po:
                catalogue = read_po(po, locale=source.parts[-3])
            fresh = compiled.with_suffix(f".mo.{id(catalogue):x}")
            with fresh.open("wb") as mo:
                write_mo(mo, catalogue)
            fresh.replace(compiled)
    return sorted({source.parents[2] for source in sources})


def init_app(app: Flask) -> None:
    """Set up Flask-Babel over the catalogues of all slices."""
    folders = compile_catalogues(Path(app.root_path))
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(str(folder) for folder in folders)
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    Babel(app, locale_selector=select_locale, default_timezone=str(ZONE))
    app.jinja_env.globals["get_locale"] = get_locale
