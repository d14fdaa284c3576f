"""How many households must change hands at the least: the continuous shadow of rebalancing."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack

from gis.rebalance.score import loads
from gis.rebalance.state import Floats, Ints, Problem


@dataclass(frozen=True)
class Flow:
    """The least flow of households between neighbouring beats that brings every load within tolerance."""

    households: float
    """Total over all pairs of beats, in fractions of households; inf where no flow does."""
    pull: Floats
    """(K,) how many households less would have to move if a beat's bound were one household wider: above 0 for beats
    that have too many or pass on what others have too many, below 0 for the others."""


def least_flow(given: Problem, owner: Ints) -> Flow:
    """A linear program over the pairs of beats that touch, bridges between islands too, solved by HiGHS.

    It is what rebalancing is measured against, for whole cells between beats that touch today cannot do with less; its
    dual values are where the search begins.
    """
    cells = np.repeat(np.arange(len(owner)), np.diff(given.starts))
    pairs = np.column_stack([owner[cells], owner[given.near]])
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    load = loads(owner, given.households, given.managers)
    if not len(pairs):
        fits = ((given.low <= load) & (load <= given.high)).all()
        return Flow(0.0 if fits else np.inf, np.zeros(given.managers))
    flows = np.arange(len(pairs))
    gained = csr_array(
        (np.repeat([-1.0, 1.0], len(pairs)), (pairs.T.ravel(), np.tile(flows, 2))),
        shape=(given.managers, len(pairs)),
    )
    room = np.concatenate([given.high - load, load - given.low])
    found = linprog(np.ones(len(pairs)), A_ub=vstack([gained, -gained]), b_ub=room, bounds=(0, None), method="highs")
    if found.status != 0:
        return Flow(np.inf, np.zeros(given.managers))
    above, below = np.split(-found.ineqlin.marginals, 2)
    return Flow(float(found.fun), above - below)
