"""Beats in balance: contiguous, within tolerance of their targets, with few households that change manager."""

from gis.rebalance.edits import Effect, effect_of
from gis.rebalance.reasons import Reason
from gis.rebalance.solver import Balance, balance
from gis.rebalance.suggestions import Suggestion, suggest

__all__ = ["Balance", "Effect", "Reason", "Suggestion", "balance", "effect_of", "suggest"]
