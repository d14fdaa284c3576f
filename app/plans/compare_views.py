"""Comparing a plan with another one or with today."""

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from app.core import clock
from app.core.access import Permission, allow, scope
from app.core.charts import histogram
from app.core.database import current_session
from app.core.errors import DomainError
from app.core.row_ids import row_id
from app.plans import compare
from app.plans.models import Plan
from app.plans.queries import others_of_unit, plan_by_id

blueprint = Blueprint("plan_comparison", __name__, template_folder="templates")

TODAY = "today"
SHOWN = 300
"""Changed cells and managers that the page names one by one."""
SHARES = (70, 80, 90, 95, 105, 110, 120, 130)
"""Loads in per cent of their targets, as the charts class them."""


@blueprint.get("/plans/<int:plan_id>/compare")
@allow(Permission.PLANS_EDIT)
def show(plan_id: int) -> str:
    """Loads, spread, borders, moved households and changed cells beside those of another plan or of today."""
    session, plan = current_session(), _asked(plan_id)
    found = compare.compared(_other(plan), compare.side_of(session, plan))
    borders = zip((found.left, found.right), found.borders_km(), strict=True)
    return render_template(
        "plans/compare.html",
        plan=plan,
        found=found,
        chosen=request.args.get("with") or TODAY,
        others=[
            (TODAY, _("the register today")),
            *((str(each.id), each.name) for each in others_of_unit(session, scope(), plan)),
        ],
        sides=[(side, side.spread(), border, _chart(side)) for side, border in borders],
        people={**found.left.managers, **found.right.managers},
        shown=SHOWN,
    )


@blueprint.get("/plans/<int:plan_id>/compare.geojson")
@allow(Permission.PLANS_EDIT)
def layer(plan_id: int) -> Response:
    """The cells of one side of a comparison (`side`: left, right), or those that change hands (changed)."""
    plan, side = _asked(plan_id), request.args.get("side", "right")
    own = compare.side_of(current_session(), plan) if side != "left" else None
    if own is None:
        text = compare.layer(_other(plan))
    elif side == "changed":
        text = compare.changed_layer(compare.compared(_other(plan), own))
    else:
        text = compare.layer(own)
    return Response(text, mimetype="application/geo+json", headers={"Cache-Control": "private, no-cache"})


def _other(plan: Plan) -> compare.Side:
    """What the plan is compared with: another one by its number, else today."""
    asked = request.args.get("with") or TODAY
    if asked == TODAY:
        return compare.side_today(current_session(), plan, clock.today())
    try:
        other = _asked(row_id(asked))
    except ValueError:
        raise DomainError(_("Choose a plan to compare with, or today.")) from None
    compare.require_same_unit(plan, other)
    return compare.side_of(current_session(), other)


def _chart(side: compare.Side) -> object:
    """How many managers carry how much of their target."""
    return histogram((100 * side.loads[code] / target for code, (_name, target) in side.managers.items()), SHARES)


def _asked(plan_id: int) -> Plan:
    return plan_by_id(current_session(), scope(), plan_id)
