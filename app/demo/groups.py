"""Cut points into compact groups of about equal weight."""

import numpy as np
from numpy.typing import NDArray

SLACK = 0.3
"""Share of a group's weight by which a cut may leave the even place, to fall into a wider gap between points."""


def compact_groups(xy: NDArray[np.float64], weight: NDArray[np.float64], parts: int) -> NDArray[np.int64]:
    """Label of each point, from 0; halves are halved again across their longer side, in the widest gap.

    >>> compact_groups(np.array([[0.0, 0], [9, 0], [1, 0], [8, 0]]), np.ones(4), 2).tolist()
    [0, 1, 0, 1]
    """
    label = np.zeros(len(xy), dtype=np.int64)
    waiting = [(np.arange(len(xy)), parts, 0)]
    while waiting:
        points, count, first = waiting.pop()
        if count < 2 or len(points) < 2:
            label[points] = first
            continue
        along = xy[points, np.argmax(np.ptp(xy[points], axis=0))]
        order = np.argsort(along, kind="stable")
        half = count // 2
        cut = _cut(along[order], np.cumsum(weight[points[order]]), half / count, 1 / count)
        waiting.append((points[order[:cut]], half, first))
        waiting.append((points[order[cut:]], count - half, first + half))
    return np.unique(label, return_inverse=True)[1]


def _cut(along: NDArray[np.float64], total: NDArray[np.float64], share: float, group: float) -> int:
    """How many of the sorted points go to the first half."""
    place = total[:-1] / total[-1]
    near = np.flatnonzero(np.abs(place - share) <= SLACK * group)
    if not len(near):
        return int(np.argmin(np.abs(place - share))) + 1
    return int(near[np.argmax(np.diff(along)[near])]) + 1
