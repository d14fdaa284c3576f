"""Comparing a plan with another one or with today."""

from collections.abc import Mapping

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from app.core.access import Permission, allow, scope
from app.core.charts import histograms
from app.core.database import current_session
from app.core.errors import DomainError
from app.core.row_ids import row_id
from app.plans import compare
from app.plans.models import Plan
from app.plans.queries import others_of_unit, plan_by_id, planned_day

blueprint = Blueprint("plan_comparison", __name__, template_folder="templates")

TODAY = "today"
SHOWN = 300
"""Changed cells and managers that the page names one by one."""
SHARES = (70, 80, 90, 95, 105, 110, 120, 130)
"""Loads in per cent of the shares, as the charts class them."""


@blueprint.get("/plans/<int:plan_id>/compare")
@allow(Permission.PLANS_READ)
def show(plan_id: int) -> str:
    """Loads, spread, borders, moved households and changed cells beside those of another plan or of today."""
    session, plan = current_session(), _asked(plan_id)
    shares = compare.shares_of(session, plan)
    found = compare.compared(_other(plan, shares), compare.side_of(session, plan, shares))
    sides = (found.left, found.right)
    charts = histograms([_percent_of_shares(side) for side in sides], SHARES)
    return render_template(
        "plans/compare.html",
        plan=plan,
        found=found,
        chosen=request.args.get("with") or TODAY,
        others=[
            (TODAY, _("the register today")),
            *((str(each.id), each.name) for each in others_of_unit(session, scope(), plan)),
        ],
        sides=[(side, side.spread(), side.border_km(), chart) for side, chart in zip(sides, charts, strict=True)],
        people={**found.left.managers, **found.right.managers},
        day=planned_day(plan),
        shown=SHOWN,
    )


@blueprint.get("/plans/<int:plan_id>/compare.geojson")
@allow(Permission.PLANS_READ)
def layer(plan_id: int) -> Response:
    """The cells of one side of a comparison (`side`: left, right), or those that change hands (changed)."""
    plan, side = _asked(plan_id), request.args.get("side", "right")
    shares = compare.shares_of(current_session(), plan)
    own = compare.side_of(current_session(), plan, shares) if side != "left" else None
    if own is None:
        text = compare.layer(_other(plan, shares))
    elif side == "changed":
        text = compare.changed_layer(compare.compared(_other(plan, shares), own))
    else:
        text = compare.layer(own)
    return Response(text, mimetype="application/geo+json", headers={"Cache-Control": "private, no-cache"})


def _other(plan: Plan, shares: Mapping[str, int]) -> compare.Side:
    """What the plan is compared with: another one by its number, else today."""
    asked = request.args.get("with") or TODAY
    try:
        other = None if asked == TODAY else row_id(asked)
    except ValueError:
        raise DomainError(_("Choose a plan to compare with, or today.")) from None
    return compare.side_beside(current_session(), scope(), plan, other, shares)


def _percent_of_shares(side: compare.Side) -> list[float]:
    """How much of their share each of the managers carries."""
    return [100 * side.loads[code] / share for code, (_name, share) in side.managers.items() if share]


def _asked(plan_id: int) -> Plan:
    return plan_by_id(current_session(), scope(), plan_id)
