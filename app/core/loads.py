"""Whether a customer manager has too many households, too few, or the right number."""

OVER, UNDER = 1.05, 0.95
"""Loads between these shares of the target are right."""


def load_state(households: float, target: float) -> str:
    """`over`, `under` or `right`; without a target every load is right.

    >>> load_state(2200, 2000), load_state(1800, 2000), load_state(2050, 2000), load_state(10, 0)
    ('over', 'under', 'right', 'right')
    """
    if households > target * OVER and target:
        return "over"
    return "under" if households < target * UNDER else "right"
