"""The work list in the browser: one metering point after the other, decided by keyboard."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from app.assignment import queries, service
from app.assignment.candidates import candidates
from app.assignment.views import blueprint
from app.audit.actor import page_actor
from app.core.access import Permission, allow, scope
from app.core.database import current_session
from app.core.errors import DomainError, NotFound
from app.core.masking import mask_account
from app.customers.models import MeterPoint
from app.grid.queries import cell_by_code
from app.organisation.queries import stations


@blueprint.get("/worklist")
@allow(Permission.ASSIGNMENT_DECIDE)
def worklist() -> str:
    """Metering points in no cell, by cause; those apart from their transformer area; those set by hand."""
    session, seen = current_session(), scope()
    counts = queries.work_counts(session, seen)
    first = next((name for name, count in counts.items() if count), queries.TABS[0])
    tab = request.args.get("tab", first)
    return render_template(
        "assignment/worklist.html",
        tab=tab,
        counts=counts,
        many=queries.MANY,
        page=queries.work_page(session, seen, tab, request.args),
        stations=stations(session, seen),
        wanted=request.args,
        place=_place(),
        decided=_decided(),
    )


@blueprint.get("/worklist/<number>")
@allow(Permission.ASSIGNMENT_DECIDE)
def point(number: str) -> str:
    """One metering point with its cell and why, to overrule or to release."""
    return _point_page(queries.point_by_number(current_session(), scope(), number))


def _point_page(
    found: MeterPoint, typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> str:
    session, place = current_session(), _place()
    choice = candidates(session, scope().whole, found)
    suggested = choice[0].code if choice and not found.cell else ""
    chosen = (typed or {}).get("other_cell") or (typed or {}).get("cell") or suggested
    return render_template(
        "assignment/point.html",
        point=found,
        candidates=choice,
        chosen=chosen,
        why=(typed or {}).get("why", ""),
        errors=errors or {},
        place=place,
        around=queries.around(session, scope(), place["tab"], place, found) if "tab" in place else None,
        decided=_decided(),
    )


@blueprint.post("/worklist/<number>/override")
@allow(Permission.ASSIGNMENT_DECIDE)
def override(number: str) -> Any:
    """Put the metering point into a cell by hand, and show the next one."""
    session, form, place = current_session(), request.form, _place()
    found = queries.point_by_number(session, scope(), number)
    was_by_hand = found.reason == queries.OVERRIDE
    following = queries.around(session, scope(), place["tab"], place, found).next if "tab" in place else None
    try:
        cell = cell_by_code(session, scope().whole, (form.get("other_cell") or form.get("cell", "")).strip())
        service.override(session, found, cell, page_actor(), form.get("why", ""))
    except DomainError as refused:
        field = "why" if not isinstance(refused, NotFound) and not form.get("why", "").strip() else "cell"
        return _point_page(found, form, {field: str(refused)}), DomainError.status
    if "tab" not in place or was_by_hand:
        flash(_("%(number)s now belongs to cell %(code)s.", number=mask_account(number), code=cell.code), "success")
    if "tab" not in place:
        return redirect(url_for("assignment.point", number=number))
    done: dict[str, Any] = {} if was_by_hand else {"decided": number}
    if following is None:
        return redirect(url_for("assignment.worklist", **place, **done))
    return redirect(url_for("assignment.point", number=following, **place, **done))


@blueprint.post("/worklist/<number>/release")
@allow(Permission.ASSIGNMENT_DECIDE)
def release(number: str) -> Any:
    """Let the metering point follow its meter box again."""
    session = current_session()
    service.release(session, queries.point_by_number(session, scope(), number), page_actor())
    flash(_("%(number)s follows its meter box again.", number=mask_account(number)), "success")
    return redirect(url_for("assignment.point", number=number, **_place()))


def _place() -> dict[str, Any]:
    """Where in the work list one is: tab and station, as they stand in the address."""
    return {name: request.args[name] for name in ("tab", "station") if request.args.get(name)}


def _decided() -> MeterPoint | None:
    """The metering point that was decided just now, to take it back; None where it has changed since."""
    number = request.args.get("decided")
    if not number:
        return None
    try:
        found = queries.point_by_number(current_session(), scope(), number)
    except NotFound:
        return None
    return found if found.reason == queries.OVERRIDE else None
