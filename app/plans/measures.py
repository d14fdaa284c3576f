"""What a plan comes to, in figures: loads against shares, and both sides of a comparison."""

from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from app.plans.compare import Comparison, Side
from app.plans.engine import TOLERANCE, case_of
from app.plans.models import Plan


def loads(session: Session, plan: Plan) -> dict[str, Any]:
    """The managers with what they carry, and how even that is; who leaves has no share, and no deviation from it."""
    case = case_of(session, plan)
    stays, before = case.share > 0, case.load_of(case.base).tolist()
    deviation = (case.load - case.share) / np.where(stays, case.share, 1.0)
    off = np.abs(deviation[stays])
    return {
        "worst_deviation": float(off.max(initial=0.0)),
        "within_tolerance": float((off <= TOLERANCE).mean()) if len(off) else 0.0,
        "unowned_households": int(case.households[case.present < 0].sum()),
        "managers": [
            {
                "code": row.code,
                "name": row.name,
                "at_work": bool(row.at_work),
                "share": round(case.share[at]),
                "before": before[at],
                "households": int(case.load[at]),
                "deviation": float(deviation[at]) if stays[at] else None,
            }
            for at, row in enumerate(case.managers)
        ],
    }


def comparison(found: Comparison) -> dict[str, Any]:
    """Both sides in figures, and what has another manager in the plan, which is on the right."""
    return {
        "other": _side(found.left),
        "plan": _side(found.right),
        "moved_households": found.moved_households,
        "redrawn_cells": found.redrawn,
        "managers": [
            {"code": each.code, "name": each.name, "share": each.share, "other": each.left, "plan": each.right}
            for each in found.loads
        ],
        "moved": [
            {
                "cell": each.right,
                "other_cell": each.left,
                "households": each.households,
                "other": each.former or None,
                "plan": each.fresh or None,
            }
            for each in found.moved
        ],
    }


def _side(side: Side) -> dict[str, Any]:
    spread = side.spread()
    return {
        "name": side.name,
        "managers": spread.managers,
        "worst_deviation": spread.worst,
        "mean_deviation": spread.mean,
        "within_tolerance": spread.right,
        "unowned_households": spread.nobody,
        "border_km": side.border_km(),
    }
