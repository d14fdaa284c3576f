"""Blocks between a town's streets, and the meter boxes on their houses."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
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


@dataclass(frozen=True)
class Blocks:
    """Built blocks of a town in the order in which it grew.

    `table`: i, j (column and row of the block), u, v (its south-western corner, metres along the town's streets), style
    (TOWER, STAIRS, HOUSE). `streets`: names, the inner streets' first. `estates`: a name for each block.
    """

    table: pd.DataFrame
    streets: NDArray[np.object_]
    estates: NDArray[np.object_]

    @classmethod
    def named(cls, table: pd.DataFrame, rng: Generator) -> "Blocks":
        """Give streets and housing estates names that differ within the town."""
        names = rng.permutation(facts.words("street")[0])
        estates = rng.permutation((facts.words("estate_first")[0][:, None] + facts.words("estate_last")[0]).ravel())
        return cls(
            table,
            np.concatenate([names + ending for ending in STREET_ENDINGS]),
            np.resize(np.concatenate([estates + phase for phase in PHASES]), len(table)),
        )

    def boxes(self) -> pd.DataFrame:
        """Every box: block, u, v, style, place (street, number, building); in the order of the blocks."""
        parts = [self._towers(), self._houses(STAIRS), self._houses(HOUSE)]
        return pd.concat(parts, ignore_index=True).sort_values("block", kind="stable", ignore_index=True)

    def _towers(self) -> pd.DataFrame:
        """Six towers of two units inside each block; the estate's address is on its southern street."""
        rows = self._repeated(TOWER)
        building, unit = np.divmod(np.resize(np.arange(BOXES_A_BLOCK[TOWER]), len(rows)), 2)
        local = np.column_stack([20 + 40 * (building % 3) + 12 * unit - 6, 22 + 46 * (building // 3)])
        gate = self._addresses(rows, np.zeros(len(rows), dtype=int), np.full(len(rows), BLOCK_M[0] / 2))
        door = joined(gate, self.estates[rows.index], building + 1, "栋", unit + 1, "单元")
        return _placed(rows, local, door)

    def _houses(self, style: int) -> pd.DataFrame:
        """Houses with one box each along the four sides of each block."""
        long, short = FRONTS[style]
        side = np.repeat(np.arange(4), [long, long, short, short])
        along = np.concatenate([*[_spread(long, 0)] * 2, *[_spread(short, 1)] * 2])
        east, north = BLOCK_M - WALL_M
        local = np.column_stack(
            [np.choose(side, [along, along, WALL_M, east]), np.choose(side, [WALL_M, north, along, along])]
        )
        rows = self._repeated(style)
        house = np.resize(np.arange(len(side)), len(rows))
        return _placed(rows, local[house], self._addresses(rows, side[house], along[house]))

    def _repeated(self, style: int) -> pd.DataFrame:
        own = self.table[self.table["style"] == style]
        return own.loc[own.index.repeat(BOXES_A_BLOCK[style])]

    def _addresses(
        self, rows: pd.DataFrame, side: NDArray[np.int64], along: NDArray[np.float64]
    ) -> NDArray[np.object_]:
        """Street and number of places on a side (0 south, 1 north, 2 west, 3 east); odd and even lie opposite."""
        crosswise = side >= 2
        street = np.where(crosswise, rows["i"], rows["j"]) + side % 2
        name = 2 * np.where(street >= 0, 2 * street, -2 * street - 1) + crosswise
        start = np.where(crosswise, rows["v"] - self.table["v"].min(), rows["u"] - self.table["u"].min())
        number = 2 * ((start + along) // NUMBER_M).astype(int) + 1 + side % 2
        return joined(self.streets[name % len(self.streets)], number, "号")


def _spread(count: int, axis: int) -> NDArray[np.float64]:
    """Middles of so many houses along a side; the short sides leave the corners to the long ones."""
    corner = CORNER_M * axis
    return corner + (np.arange(count) + 0.5) * (BLOCK_M[axis] - 2 * corner) / count


def _placed(rows: pd.DataFrame, local: NDArray[np.float64], place: NDArray[np.object_]) -> pd.DataFrame:
    u, v = (rows[["u", "v"]].to_numpy() + local).T
    columns = {"block": rows.index, "u": u, "v": v, "style": rows["style"].to_numpy(), "place": place}
    return pd.DataFrame(columns)
