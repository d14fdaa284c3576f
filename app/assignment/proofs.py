"""The proof of the layer as it is kept: made by a job, counted on by edits, outdated by new cells."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.assignment.layer_check import LayerCheck, check_layer
from app.assignment.models import LayerProof
from app.core.access import Scope
from app.core.model import now

EVERYWHERE = "everywhere"
QUIET = {"synchronize_session": False}


def kept_proof(session: Session, scope: Scope) -> LayerProof | None:
    """What the last proof of all cells in a scope found; None where there has been none."""
    return session.get(LayerProof, _place(scope))


def prove(session: Session, scope: Scope) -> LayerProof:
    """Prove all cells in a scope, and keep what is found in place of what was."""
    proven_at = now()
    found = check_layer(session, scope)
    kept = LayerProof(
        place=_place(scope),
        proven_at=proven_at,
        edits=0,
        is_outdated=False,
        figures=found.figures(),
        places=_places(found),
    )
    return session.merge(kept)


def count_edit(session: Session) -> None:
    """Note that cells were edited, which was proven where it happened."""
    session.execute(update(LayerProof).values(edits=LayerProof.edits + 1), execution_options=QUIET)


def outdate(session: Session) -> None:
    """Note that there are cells that no kept proof knows."""
    session.execute(update(LayerProof).values(is_outdated=True), execution_options=QUIET)


def _place(scope: Scope) -> str:
    return EVERYWHERE if scope.everywhere else ",".join(map(str, sorted(scope.stations)))


def _places(found: LayerCheck) -> dict[str, Any]:
    return found.places().to_geo_dict(drop_id=True)
