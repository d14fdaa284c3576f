"""Blocks between a town's streets, and the meter boxes on their houses."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from app.demo import facts
from app.demo.texts import joined

BLOCK_M = np.array([120.0, 90.0])
STREET_M = 15.0
NUMBER_M = 6.0
"""Metres of street to a house number on one side."""
TOWER, STAIRS, HOUSE = 0, 1, 2
BOXES_A_BLOCK = np.array([12, 10, 18])
SMALLEST_BOX = np.array([40, 12, 1])
LARGEST_BOX = np.array([60, 16, 8])
FRONTS = {STAIRS: (4, 1), HOUSE: (6, 3)}
"""Houses on a long and on a short side of a block."""
WALL_M = 8.0
CORNER_M = 18.0
STREET_ENDINGS = ("路", "街", "东路", "西路", "一路", "二路", "三路", "巷")
PHASES = ("", "二期", "三期", "四期")


class Houses(NamedTuple):
    """Places of meter boxes: `uv` (n, 2) metres along the town's streets, `style` and `place` (n,)."""

    uv: NDArray[np.float64]
    style: NDArray[np.int64]
    place: NDArray[np.object_]


@dataclass(frozen=True)
class Blocks:
    """Built blocks of a town in the order in which it grew.

    `square` (n, 2): column and row of the block. `style` (n,): TOWER, STAIRS or HOUSE. `streets`: names, those of the
    inner streets first. `estates` (n,): a name for each block.
    """

    square: NDArray[np.int64]
    style: NDArray[np.int64]
    streets: NDArray[np.object_]
    estates: NDArray[np.object_]

    @classmethod
    def named(cls, square: NDArray[np.int64], style: NDArray[np.int64], rng: Generator) -> "Blocks":
        """Give streets and housing estates names that differ within the town."""
        names = rng.permutation(facts.words("street")[0])
        estates = rng.permutation((facts.words("estate_first")[0][:, None] + facts.words("estate_last")[0]).ravel())
        return cls(
            square,
            style,
            np.concatenate([names + ending for ending in STREET_ENDINGS]),
            np.resize(np.concatenate([estates + phase for phase in PHASES]), len(square)),
        )

    def houses(self) -> Houses:
        """Every place of a box, block by block; `place` is the address within the town, up to the door."""
        parts = [self._towers(), self._fronts(STAIRS), self._fronts(HOUSE)]
        block, uv, place = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(block, kind="stable")
        return Houses(uv[order], self.style[block[order]], place[order])

    def _towers(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.object_]]:
        """Six towers of two units inside each block; the estate's address is on its southern street."""
        block = self._repeated(TOWER)
        building, unit = np.divmod(np.resize(np.arange(BOXES_A_BLOCK[TOWER]), len(block)), 2)
        local = np.column_stack([20 + 40 * (building % 3) + 12 * unit - 6, 22 + 46 * (building // 3)])
        gate = self._addresses(block, np.zeros(len(block), dtype=int), np.full(len(block), BLOCK_M[0] / 2))
        place = joined(gate, self.estates[block], building + 1, "栋", unit + 1, "单元")
        return block, self._corner(block) + local, place

    def _fronts(self, style: int) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.object_]]:
        """Houses with one box each along the four sides of each block."""
        long, short = FRONTS[style]
        side = np.repeat(np.arange(4), [long, long, short, short])
        along = np.concatenate([*[_spread(long, 0)] * 2, *[_spread(short, 1)] * 2])
        east, north = BLOCK_M - WALL_M
        local = np.column_stack(
            [np.choose(side, [along, along, WALL_M, east]), np.choose(side, [WALL_M, north, along, along])]
        )
        block = self._repeated(style)
        house = np.resize(np.arange(len(side)), len(block))
        return block, self._corner(block) + local[house], self._addresses(block, side[house], along[house])

    def _repeated(self, style: int) -> NDArray[np.int64]:
        return np.flatnonzero(self.style == style).repeat(BOXES_A_BLOCK[style])

    def _corner(self, block: NDArray[np.int64]) -> NDArray[np.float64]:
        return self.square[block] * (BLOCK_M + STREET_M)

    def _addresses(
        self, block: NDArray[np.int64], side: NDArray[np.int64], along: NDArray[np.float64]
    ) -> NDArray[np.object_]:
        """Street and number of places on a side (0 south, 1 north, 2 west, 3 east); odd and even lie opposite."""
        crosswise = (side >= 2).astype(int)
        nth = np.arange(len(block))
        street = self.square[block][nth, 1 - crosswise] + side % 2
        name = 2 * np.where(street >= 0, 2 * street, -2 * street - 1) + crosswise
        start = (self._corner(block) - self._corner(np.arange(len(self.square))).min(axis=0))[nth, crosswise]
        number = 2 * ((start + along) // NUMBER_M).astype(int) + 1 + side % 2
        return joined(self.streets[name % len(self.streets)], number, "号")


def _spread(count: int, axis: int) -> NDArray[np.float64]:
    """Middles of so many houses along a side; the short sides leave the corners to the long ones."""
    corner = CORNER_M * axis
    return corner + (np.arange(count) + 0.5) * (BLOCK_M[axis] - 2 * corner) / count
