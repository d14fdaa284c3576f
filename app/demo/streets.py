"""A town that grew along its streets."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from app.demo.blocks import BLOCK_M, BOXES_A_BLOCK, LARGEST_BOX, SMALLEST_BOX, STREET_M, Blocks

UNBUILT_SHARE = 0.14
"""Blocks that are parks, schools, factories, water."""
FRINGE = 0.16
"""How far the order of building strays from the order of distances."""
ROOM = 1.6
"""So many times the blocks that the households need, for some lie outside."""

Within = Callable[[NDArray[np.float64]], NDArray[np.bool_]]
"""Which places, (n, 2) metres in the city's plane, belong to a town."""


@dataclass(frozen=True)
class Town:
    """Where a town's streets lie and how it grew: round, stretched, with lobes. Metres in the city's plane."""

    centre: NDArray[np.float64]
    bearing: float
    stretch: float
    lobes: NDArray[np.float64]
    phase: NDArray[np.float64]

    @classmethod
    def random(cls, centre: NDArray[np.float64], rng: Generator) -> "Town":
        """A town of a shape of its own."""
        return cls(centre, rng.uniform(0, np.pi), rng.uniform(1, 1.4), rng.uniform(0, 0.16, 4), rng.uniform(0, 7, 4))

    def reach(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far out a place is, in the order in which the town grows; (n, 2) metres along its streets."""
        u, v = uv.T
        angle = np.arctan2(v, u)[:, None] * np.arange(2, 6) + self.phase
        return np.hypot(u / self.stretch, v * self.stretch) * (1 + (self.lobes * np.sin(angle)).sum(axis=1))

    def to_plane(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """From the town's streets to the city's plane, (n, 2)."""
        c, s = np.cos(self.bearing), np.sin(self.bearing)
        return self.centre + uv @ np.array([[c, s], [-s, c]])


def street_boxes(town: Town, within: Within, households: int, rng: Generator) -> pd.DataFrame:
    """Boxes of exactly so many households, block after block from the centre outwards.

    Columns: x, y (metres in the plane), size (meters in the box), style (TOWER, STAIRS, HOUSE), place (street, number,
    building).
    """
    houses = _blocks(town, within, households, rng).houses()
    at = town.to_plane(houses.uv)
    inside = within(at)
    style = houses.style[inside]
    size = rng.integers(SMALLEST_BOX[style], LARGEST_BOX[style], endpoint=True)
    total = np.cumsum(size)
    count = min(int(np.searchsorted(total, households)) + 1, len(size)) if households else 0
    size[count - 1 : count] += households - total[count - 1 : count]
    x, y = at[inside][:count].T
    return pd.DataFrame(
        {"x": x, "y": y, "size": size[:count], "style": style[:count], "place": houses.place[inside][:count]}
    )


def _blocks(town: Town, within: Within, households: int, rng: Generator) -> Blocks:
    """Built blocks with room for more than the households, those reached first before the others."""
    shares = _style_shares(households)
    mean = shares @ (BOXES_A_BLOCK * (SMALLEST_BOX + LARGEST_BOX) / 2)
    wanted = int((ROOM * households + 600) / mean) + 1
    side = int(np.sqrt(wanted)) + 2
    for _wider in range(3):
        square = np.stack(np.meshgrid(np.arange(-side, side), np.arange(-side, side)), axis=-1).reshape(-1, 2)
        middle = square * (BLOCK_M + STREET_M) + BLOCK_M / 2
        built = within(town.to_plane(middle)) & (rng.random(len(square)) >= UNBUILT_SHARE)
        if built.sum() >= wanted:
            break
        side *= 2
    reach = town.reach(middle[built]) * rng.lognormal(0, FRINGE, built.sum())
    chosen = square[built][np.argsort(reach, kind="stable")][:wanted]
    return Blocks.named(chosen, rng.choice(len(shares), len(chosen), p=shares), rng)


def _style_shares(households: int) -> NDArray[np.float64]:
    """Shares of TOWER, STAIRS and HOUSE blocks; towers stand in large towns."""
    towers = float(np.clip((np.log10(households + 1) - 2.6) * 0.12, 0, 0.3))
    return np.array([towers, 0.42 * (1 - towers), 0.58 * (1 - towers)])
