"""Beats in balance: against METIS, against the least flow of households, and against proven optima."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pymetis
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cities import cities
from figures import Options, Row, alone

from app.core.access import EVERYWHERE
from app.grid.queries import active_layer
from gis.adjacency import neighbours
from gis.metres import LocalPlane
from gis.rebalance import Balance, balance, effect_of
from gis.rebalance.flow import least_flow
from gis.rebalance.state import Floats, Ints, problem
from tests.shared_data import SHARED

CELLS_A_MANAGER = 10
SEED, DRIFTS, SIGMA = 1, (0, 1, 2), 0.3
STATION_CELLS, STATION_MANAGERS = 150, 15
PROVEN, PROVEN_SECONDS = SHARED / "districting_exact", 30


@dataclass(frozen=True)
class Layer:
    """A city's cells as the engine takes them."""

    households: Ints
    edges: Ints
    border: Floats
    position: Floats

    @property
    def managers(self) -> int:
        return len(self.households) // CELLS_A_MANAGER

    def balanced(self, **more: object) -> Balance:
        return balance(self.households, self.edges, self.managers, self.border, position=self.position, **more)


def layer_of(options: Options) -> Layer:
    """The cells of the largest demo city."""
    one = replace(options, sizes=(options.size,), databases=("sqlite",))
    with cities(one) as (city,), city.register() as register, register.reading() as session:
        cells = active_layer(session, EVERYWHERE)
    near = neighbours(cells.geometry)
    middles = shapely.get_coordinates(shapely.point_on_surface(cells.geometry.to_numpy()))
    position = LocalPlane.around(shapely.MultiPoint(middles)).to_metres(middles)
    return Layer(cells["households"].to_numpy(np.int64), near.edges, near.border_m, position)


def metis(layer: Layer) -> tuple[Ints, float]:
    """METIS alone, as it is called for such a plan, and its seconds."""
    state = problem(layer.households, layer.edges, layer.managers, layer.border, position=layer.position)
    weights = np.maximum(np.round(state.weight / state.weight.max() * 100), 1).astype(int)
    began = time.perf_counter()
    found = pymetis.part_graph(
        layer.managers,
        pymetis.CSRAdjacency(state.starts.tolist(), state.near.tolist()),
        vweights=np.maximum(layer.households, 1).tolist(),
        eweights=weights.tolist(),
        options=pymetis.Options(contig=1, seed=SEED),
    )
    return np.array(found.vertex_part), time.perf_counter() - began


def from_nothing(layer: Layer) -> tuple[list[Row], Balance]:
    rival, rival_seconds = metis(layer)
    began = time.perf_counter()
    plan = layer.balanced(seed=SEED, seconds=20)
    seconds = time.perf_counter() - began
    within = 1 - len(plan.reasons) / layer.managers
    target = layer.households.sum() / layer.managers
    rival_off = np.abs(np.bincount(rival, weights=layer.households, minlength=layer.managers) / target - 1)
    rival_cut = layer.border[rival[layer.edges[:, 0]] != rival[layer.edges[:, 1]]].sum()
    name = f"districts from nothing, {len(layer.households):,} cells, {layer.managers} managers"
    rows = [
        Row(f"{name}: managers within 5 %", 100 * within, "%", at_least=100, peer="% METIS",
            peer_value=100 * float((rival_off <= 0.05).mean())),
        Row(f"{name}: worst", 100 * plan.worst_deviation, "%", at_most=5, peer="% METIS",
            peer_value=100 * float(rival_off.max())),
        Row(f"{name}: beats in pieces", float((plan.pieces > 1).sum()), "", at_most=0),
        Row(f"{name}: borders against METIS", plan.cut / rival_cut, "x", at_most=1.15),
        Row(f"{name}: seconds", seconds, "s", at_most=20, peer="s METIS", peer_value=rival_seconds),
    ]  # fmt: skip
    return rows, plan


def drifted(layer: Layer, seed: int) -> Layer:
    """Households times lognormal noise, smoothed three times with the neighbours."""
    n, chance = len(layer.households), np.random.default_rng(seed)
    both = np.concatenate([layer.edges, layer.edges[:, ::-1]])
    degree = np.maximum(np.bincount(both[:, 0], minlength=n), 1)
    noise = chance.normal(size=n)
    for _round in range(3):
        noise = (noise + np.bincount(both[:, 0], weights=noise[both[:, 1]], minlength=n) / degree) / 2
    noise = (noise - noise.mean()) / noise.std() * SIGMA
    return replace(layer, households=np.round(layer.households * np.exp(noise)).astype(np.int64))


def rebalanced(layer: Layer, owner: Ints) -> Iterator[Row]:
    for seed in DRIFTS:
        city = drifted(layer, seed)
        state = problem(city.households, city.edges, city.managers, city.border, owner, position=city.position)
        least = least_flow(state, owner).households
        began = time.perf_counter()
        plan = city.balanced(owner=owner, seed=SEED, seconds=20)
        seconds = time.perf_counter() - began
        name = f"a city drifted by {SIGMA} (seed {seed})"
        yield Row(f"{name}: managers out of 5 %", float(len(plan.reasons)), "", at_most=0)
        yield Row(f"{name}: beats in pieces", float((plan.pieces > 1).sum()), "", at_most=0)
        yield Row(f"{name}: moved against the least flow", plan.moved_households / least, "x", at_most=1.5)
        yield Row(f"{name}: seconds", seconds, "s", at_most=20)


def station(layer: Layer) -> Row:
    """One station: the cells nearest to a place, drifted, with beats from before."""
    near = np.sort(np.argsort(np.hypot(*(layer.position - layer.position[0]).T))[:STATION_CELLS])
    place = np.full(len(layer.households), -1)
    place[near] = np.arange(len(near))
    inside = (place[layer.edges] >= 0).all(axis=1)
    part = Layer(layer.households[near], place[layer.edges[inside]], layer.border[inside], layer.position[near])
    before = part.balanced(seed=SEED)
    after = drifted(part, SEED)
    began = time.perf_counter()
    after.balanced(owner=before.owner, seed=SEED)
    return Row(f"one station, {STATION_MANAGERS} managers, {STATION_CELLS} cells", time.perf_counter() - began, "s",
               at_most=1)  # fmt: skip


def one_edit(layer: Layer, owner: Ints) -> Row:
    state = problem(layer.households, layer.edges, layer.managers, layer.border, owner, position=layer.position)
    crossing = layer.edges[owner[layer.edges[:, 0]] != owner[layer.edges[:, 1]]]
    times = []
    for cell, beside in crossing[:: max(len(crossing) // 200, 1)]:
        began = time.perf_counter()
        effect_of(state, owner, [cell], owner[beside])
        times.append(time.perf_counter() - began)
    return Row("one edit checked, p99", float(np.percentile(times, 99)) * 1000, "ms", at_most=20)


def proven() -> Iterator[Row]:
    """Districts of counties and tracts whose optimum is proven; tolerance as published."""
    best = pd.read_csv(PROVEN / "published_best_cut_edges.csv")
    equal, count = 0, 0
    for case in best[best["contiguity"] == "contig"].itertuples():
        nodes = pd.read_csv(PROVEN / f"{case.state}_{case.level}_nodes.csv.gz")
        edges = pd.read_csv(PROVEN / f"{case.state}_{case.level}_edges.csv.gz")[["u", "v"]].to_numpy()
        people = nodes["pop"].to_numpy(np.int64)
        target = np.full(case.k, people.sum() / case.k)
        tolerance = min(1 - case.L / target[0], case.U / target[0] - 1)
        plan = balance(people, edges, case.k, target=target, tolerance=tolerance, position=nodes[["lon", "lat"]],
                       seed=SEED, seconds=PROVEN_SECONDS, steps=10**12)  # fmt: skip
        name, count = f"{case.state} {case.level}s, {len(people)} into {case.k}", count + 1
        equal += plan.cut <= case.best_cut_edges and not plan.reasons
        yield Row(f"{name}: districts out of tolerance or torn", float(len(plan.reasons) + (plan.pieces > 1).sum()), "",
                  at_most=0)  # fmt: skip
        yield Row(f"{name}: edges cut", plan.cut, "", at_most=round(1.1 * case.best_cut_edges, 1),
                  peer="proven optimum", peer_value=case.best_cut_edges)  # fmt: skip
    yield Row("proven instances with the optimum found", equal, f"of {count}", at_least=count / 2)


def rows(options: Options) -> list[Row]:
    balance([1, 1], [[0, 1]], 2)  # compiled, or read from where the compiled code is kept
    layer = layer_of(options)
    measured, plan = from_nothing(layer)
    measured += [*rebalanced(layer, plan.owner), station(layer), one_edit(layer, plan.owner)]
    if PROVEN.exists():
        measured += proven()
    return measured


if __name__ == "__main__":
    sys.exit(alone(__doc__, rows))
