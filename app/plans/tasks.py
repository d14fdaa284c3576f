"""Proposing as background work."""

from typing import Any

from flask import Flask

from app.core.access import Permission
from app.jobs.service import Work, add_handler
from app.plans.engine import case_of, propose
from app.plans.proposals import PROPOSE, as_result
from app.plans.queries import plan_by_id


def init_app(app: Flask) -> None:
    """Let the worker propose."""
    add_handler(app, PROPOSE, run_propose, Permission.PLANS_EDIT)


def run_propose(work: Work) -> dict[str, Any]:
    """Balance the plan as it stands now; what comes out is the job's result, and the plan stays as it is.

    The search holds nobody up: it reads before, and what it found says for which version of the plan it was found.
    """
    asked = work.parameters
    with work.database.reading() as session:
        plan = plan_by_id(session, work.scope, asked["plan"])
        case, version = case_of(session, plan), plan.version
    result = as_result(case, propose(case, asked["keep"], work.progress), version)
    with work.database.transaction() as session:
        return work.end(session, {**result, "plan": asked["plan"], "link": f"/plans/{asked['plan']}"})
