"""What every page shares: error pages, language, filters, health."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import (
    Blueprint,
    Flask,
    g,
    jsonify,
    redirect,
    render_template,
    request,
)
from flask_babel import (
    format_datetime,
    format_decimal,
    format_percent,
    format_timedelta,
    get_locale,
    lazy_gettext,
)
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import HTTPException, Unauthorized

from app.core import clock, masking, phones, themes
from app.core.access import Permission, Viewer, permission_of, public, viewer_or_none
from app.core.api.problems import is_api, problem, problem_of
from app.core.errors import DomainError, from_integrity_error
from app.core.i18n import COOKIE, LOCALES, day_in_words
from app.core.loads import load_state
from app.core.outages import outage_of
from app.core.security import A_YEAR, safe_target
from app.core.settings import settings

blueprint = Blueprint("core", __name__, template_folder="templates")

NAVIGATION = (
    ("customers.index", lazy_gettext("Customers")),
    ("assignment.worklist", lazy_gettext("Work list")),
    ("beats.stations", lazy_gettext("Stations")),
    ("grid.managers", lazy_gettext("Managers")),
    ("grid.cells", lazy_gettext("Cells")),
    ("plans.index", lazy_gettext("Plans")),
    ("maps.index", lazy_gettext("Map")),
    ("cards.index", lazy_gettext("Cards")),
    ("imports.index", lazy_gettext("Import")),
    ("accounts.users", lazy_gettext("People")),
    ("audit.index", lazy_gettext("Trail")),
)


@blueprint.post("/language/<language>")
@public
def language(language: str) -> Any:
    """Choose a language and stay on the page."""
    return _keep(COOKIE, language, LOCALES)


@blueprint.post("/theme")
@public
def theme() -> Any:
    """Choose the light theme, the dark one or that of the system, and stay on the page."""
    return _keep(themes.COOKIE, request.form.get("theme", ""), themes.THEMES)


def _keep(cookie: str, chosen: str, known: Sequence[str]) -> Any:
    """Back to the page, which finds what was chosen in a cookie; what is not known is not kept."""
    response = redirect(safe_target(request.form.get("next")))
    if chosen in known:
        secure = settings().is_https
        response.set_cookie(cookie, chosen, max_age=A_YEAR, samesite="Lax", httponly=True, secure=secure)
    return response


def _error_page(status: int, message: str) -> tuple[Any, int]:
    if is_api():
        return problem(status, message), status
    if request.accept_mimetypes.best == "application/json":
        return jsonify(status=status, title=message), status
    return render_template("core/error.html", status=status, message=message), status


def _http_message(error: HTTPException) -> str:
    known = {
        404: _("There is no such page. It may have been renamed; look it up from the start page."),
        405: _("This page does not take that kind of request."),
        413: _("The file is larger than this installation accepts."),
        500: _("Something went wrong here; nothing was changed. The administrator finds the cause in the log."),
    }
    return known.get(error.code or 500, error.description or error.name)


def _api_message(error: HTTPException) -> str:
    """The same to whoever wrote the program; what an error says of itself is kept where it is ours."""
    known = {
        401: _("Send a bearer token: Authorization: Bearer TOKEN. One is made on the page /account."),
        404: _("There is nothing under this address. /api/v1/docs lists what there is."),
        405: _("This address does not take that method."),
    }
    own = error.description if error.description != type(error).description else None
    return own or known.get(error.code or 500) or _http_message(error)


def _reader() -> Viewer | None:
    """Whoever reads the page; a token that is not known is nobody, and must not break the page that says so."""
    try:
        return viewer_or_none()
    except Unauthorized:
        g.viewer = None
        return None


def may(permission: str) -> bool:
    """Whether the reader of the page may do this anywhere: pages link only to what the reader may open."""
    person = _reader()
    return person is not None and person.may(Permission(permission))


def may_in(permission: str, station_id: int) -> bool:
    """Whether the reader of the page may do this in all of a station."""
    person = _reader()
    return person is not None and person.scope(Permission(permission)).has_station(station_id)


def init_app(app: Flask) -> None:
    """Register shared pages, error pages, filters and template variables."""
    app.register_blueprint(blueprint)

    @app.errorhandler(DomainError)
    def _domain(error: DomainError) -> Any:
        return *_error_page(error.status, str(error)), error.headers

    @app.errorhandler(IntegrityError)
    def _integrity(error: IntegrityError) -> Any:
        conflict = from_integrity_error(error)
        return _error_page(conflict.status, str(conflict))

    @app.errorhandler(CSRFError)
    def _csrf(_error: CSRFError) -> Any:
        return _error_page(400, _("The form has expired. Go back, load the page again and send it once more."))

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Any:
        outage = outage_of(getattr(error, "original_exception", None))
        if outage:
            g.setdefault("viewer", None)  # the page must not ask a database that is away who reads it
            return _domain(outage)
        if is_api():
            return problem_of(error, _api_message(error))
        return _error_page(error.code or 500, _http_message(error))

    @app.context_processor
    def _shared() -> dict[str, Any]:
        person = _reader()

        def _is_open(endpoint: str) -> bool:
            permission = permission_of(app, endpoint, "GET")
            return person is not None and permission is not None and person.may(permission)

        return {
            "viewer": person,
            "navigation": [item for item in NAVIGATION if _is_open(item[0])],
            "utility": settings().utility_en if _is_english() else settings().utility,
            "theme": themes.chosen_theme(),
            "today": clock.today(),
            "may_look_up": person is not None and person.may(Permission.LOOKUP),
        }

    app.add_template_global(may)
    app.add_template_global(may_in)
    app.add_template_global(load_state)
    app.add_template_global(themes.chosen_theme)
    app.add_template_filter(masking.mask_phone)
    app.add_template_filter(masking.mask_name)
    app.add_template_filter(masking.mask_address)
    app.add_template_filter(masking.mask_account)
    app.add_template_filter(_number, "number")
    app.add_template_filter(_percent, "percent")
    app.add_template_filter(_phone, "phone")
    app.add_template_filter(day_in_words, "day")
    app.add_template_filter(_moment, "moment")
    app.add_template_filter(_duration, "duration")


def _is_english() -> bool:
    return str(get_locale()) == "en"


def _number(value: float | None) -> str:
    if isinstance(value, int) and 0 <= value < 1000:  # alike in both languages, and there are hundreds on a page
        return str(value)
    return "" if value is None else format_decimal(value)


def _percent(share: float, signed: bool = False) -> str:
    """A share as the reader's language writes it, by choice with its sign."""
    written = format_percent(abs(round(share, 2)) if signed else share, "#,##0.#%")
    sign = "" if not signed or not round(share, 2) else "+" if share > 0 else "−"
    return f"{sign}{written}"


def _phone(value: str | None) -> str:
    """As people read it out; in English as they dial it from abroad."""
    return (phones.international if _is_english() else phones.grouped)(value or "")


def _moment(value: datetime | None) -> str:
    return "" if value is None else format_datetime(value, "d MMM y, HH:mm:ss" if _is_english() else "medium")


def _duration(seconds: float) -> str:
    return format_timedelta(timedelta(seconds=seconds), threshold=1.5)
