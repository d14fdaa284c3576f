"""What the engine proposed for a plan: kept with the version for which it was found, accepted in one step."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound
from app.grid.models import CustomerManager
from app.jobs.models import Job
from app.plans import steps
from app.plans.engine import Case, Proposal
from app.plans.models import Plan, PlanCell, PlanStep
from app.plans.reason_words import reason_words
from app.plans.suggesting import in_short

PROPOSE = "plan.propose"
"""The kind of the jobs whose results proposals are."""

NOTHING: dict[str, Any] = {
    "job": None, "version": None, "moves": [], "worst": None, "moved_households": 0, "why": [],
}  # fmt: skip


def as_result(case: Case, proposal: Proposal, version: int) -> dict[str, Any]:
    """The proposal as a job keeps it.

    `moves`: what differs from the plan; `worst`: the largest |load - share| / share of those who stay; `why`: who is
    out of tolerance all the same.
    """
    load, stays = case.load_of(proposal.manager), case.share > 0
    deviation = np.abs(load[stays] - case.share[stays]) / case.share[stays]
    lost = (case.base >= 0) & (proposal.manager != case.base)
    return {
        "version": version,
        "moves": [
            {
                "cell": case.keys[cell],
                "from": case.code(int(case.present[cell])),
                "to": case.code(int(proposal.manager[cell])),
                "households": int(case.households[cell]),
            }
            for cell in np.flatnonzero(proposal.manager != case.present).tolist()
        ],
        "worst": float(deviation.max()) if len(deviation) else 0.0,
        "moved_households": int(case.households[lost].sum()),
        "why": [
            {"kind": why.kind, "manager": case.code(why.manager), "cell": why.cell, "households": why.households}
            for why in proposal.why
        ],
    }


def newest_proposal(session: Session, plan: Plan) -> dict[str, Any]:
    """What was proposed for the plan last, with its reasons in the reader's words; `job` is None where nothing was."""
    found = _newest(session, plan) or NOTHING
    codes = {each["manager"] for each in found["why"]}
    named = select(CustomerManager.code, CustomerManager.name).where(CustomerManager.code.in_(codes))
    names = dict(list(session.execute(named)))
    reasons = [
        reason_words(each["kind"], names.get(each["manager"], each["manager"]), each["households"], each["cell"])
        for each in found["why"]
    ]
    shown = ("job", "version", "moves", "worst", "moved_households")
    return {name: found[name] for name in shown} | {"reasons": reasons}


def accept(session: Session, plan: Plan, keys: Collection[str] | None, actor: str, seen: int) -> PlanStep:
    """Take over what was proposed last for these cells, or for all, as one step.

    Raises Conflict, which names them, where cells are not any more as the proposal found them.
    """
    steps.held(session, plan)
    found = _newest(session, plan)
    if found is None:
        raise NotFound(_("Nothing has been proposed for this plan yet."))
    moves = {move["cell"]: move for move in found["moves"] if keys is None or move["cell"] in keys}
    strange = sorted(set(keys or ()) - set(moves))
    if strange:
        raise NotFound(_("Nothing is proposed for %(cells)s.", cells=in_short(strange)))
    waiting = _still_so(session, plan, moves)
    if not waiting:
        raise Conflict(_("The plan has all that was proposed already."))
    wanted = {key: {"manager": moves[key]["to"]} for key in waiting}
    return steps.take(session, plan, "accept", wanted, actor, seen, {"job": found["job"]})


def _still_so(session: Session, plan: Plan, moves: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The cells that do not have the manager proposed yet."""
    statement = (
        select(PlanCell.key, PlanCell.households, PlanCell.locked, PlanCell.gone, CustomerManager.code)
        .outerjoin(CustomerManager, CustomerManager.id == PlanCell.manager_id)
        .where(PlanCell.plan_id == plan.id, PlanCell.key.in_(list(moves)))
    )
    rows = {row.key: row for row in session.execute(statement)}
    waiting = [key for key, move in moves.items() if key not in rows or rows[key].code != move["to"]]
    as_found = {
        key
        for key in set(waiting) & set(rows)
        if (rows[key].code, rows[key].households) == (moves[key]["from"], moves[key]["households"])
        and not (rows[key].locked or rows[key].gone)
    }
    changed = sorted(set(waiting) - as_found)
    if changed:
        text = _("%(cells)s: changed since it was proposed. Leave it out, or let the program propose anew.")
        raise Conflict(text, cells=in_short(changed))
    return waiting


def _newest(session: Session, plan: Plan) -> dict[str, Any] | None:
    statement = select(Job.id, Job.result).where(
        Job.kind == PROPOSE, Job.state == "done", Job.parameters["plan"].as_integer() == plan.id
    )
    row = session.execute(statement.order_by(Job.id.desc()).limit(1)).first()
    return None if row is None else {**row.result, "job": row.id}
