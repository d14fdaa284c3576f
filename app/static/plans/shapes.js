// The cells' shapes in a plane of the map's own projection, near zero so that 32 bits are enough to paint them: where a
// point lies, what a line or a box takes in, and the stretches along which two cells meet.
const ZOOM = 10;
const GRID = 96;
const REACH = 0.002;
const MATCHED = -1;
const LEVELS = [{ upTo: 11.5, step: 0.5 }, { upTo: 13.5, step: 0.125 }, { upTo: Infinity, step: 0 }];

const ringsOf = ({ type, coordinates }) => (type === "Polygon" ? [coordinates] : coordinates).flat();

// A ring whose corners closer than a step to the one before are left out, all on one lattice: neighbours stay neighbours.
function coarsened(ring, step) {
  if (!step) return ring;
  const kept = [];
  for (let at = 0; at < ring.length; at += 2) {
    const [x, y] = [Math.round(ring[at] / step) * step, Math.round(ring[at + 1] / step) * step];
    if (kept.length < 2 || kept.at(-2) !== x || kept.at(-1) !== y) kept.push(x, y);
  }
  return kept;
}

function addRing(path, ring) {
  path.moveTo(ring[0], ring[1]);
  for (let at = 2; at < ring.length; at += 2) path.lineTo(ring[at], ring[at + 1]);
  path.closePath();
}

export function isWithin(rings, x, y) {
  let inside = false;
  for (const ring of rings) {
    for (let at = 0, last = ring.length - 2; at < ring.length; last = at, at += 2) {
      if (ring[at + 1] > y !== ring[last + 1] > y && x < ((ring[last] - ring[at]) * (y - ring[at + 1])) / (ring[last + 1] - ring[at + 1]) + ring[at]) inside = !inside;
    }
  }
  return inside;
}

export class Shapes {
  constructor(features, crs) {
    Object.assign(this, { crs, features });
    const all = features.map(({ geometry }) => ringsOf(geometry));
    const first = all[0]?.[0]?.[0] ?? [114.4, 23.1];
    this.origin = crs.latLngToPoint(L.latLng(first[1], first[0]), ZOOM);
    this.rings = all.map((rings) => rings.map((ring) => this.#flat(ring)));
    this.boxes = this.rings.map((rings) => {
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      for (const ring of rings) {
        for (let at = 0; at < ring.length; at += 2) {
          box[0] = Math.min(box[0], ring[at]);
          box[1] = Math.min(box[1], ring[at + 1]);
          box[2] = Math.max(box[2], ring[at]);
          box[3] = Math.max(box[3], ring[at + 1]);
        }
      }
      return box;
    });
    this.middles = this.rings.map((rings, cell) => this.#middle(rings, this.boxes[cell]));
    this.extent = this.#together(this.boxes);
    this.#index();
    this.levels = LEVELS.map(() => null);
  }

  #flat(ring) {
    const flat = new Float64Array(ring.length * 2);
    ring.forEach(([lon, lat], at) => {
      const { x, y } = this.crs.latLngToPoint(L.latLng(lat, lon), ZOOM);
      flat[2 * at] = x - this.origin.x;
      flat[2 * at + 1] = y - this.origin.y;
    });
    return flat;
  }

  // A place inside: the middle of the widest stretch of the level through the middle of the box.
  #middle(rings, [, low, , high]) {
    const y = (low + high) / 2 + (high - low) * 1e-4;
    const cuts = [];
    for (const ring of rings) {
      for (let at = 0, last = ring.length - 2; at < ring.length; last = at, at += 2) {
        if (ring[at + 1] > y !== ring[last + 1] > y) cuts.push(((ring[last] - ring[at]) * (y - ring[at + 1])) / (ring[last + 1] - ring[at + 1]) + ring[at]);
      }
    }
    cuts.sort((one, other) => one - other);
    let best = 0;
    for (let at = 2; at + 1 < cuts.length; at += 2) if (cuts[at + 1] - cuts[at] > cuts[best + 1] - cuts[best]) best = at;
    return [(cuts[best] + cuts[best + 1]) / 2, y];
  }

  #together(boxes) {
    return boxes.reduce(([a, b, c, d], [e, f, g, h]) => [Math.min(a, e), Math.min(b, f), Math.max(c, g), Math.max(d, h)], [Infinity, Infinity, -Infinity, -Infinity]);
  }

  #index() {
    const [west, north, east, south] = this.extent;
    this.size = Math.max(east - west, south - north) / GRID || 1;
    this.bins = new Map();
    this.boxes.forEach((box, cell) => this.#binsOf(box, (bin) => (this.bins.get(bin) ?? this.bins.set(bin, []).get(bin)).push(cell)));
  }

  #binsOf([a, b, c, d], visit) {
    const [west, north] = this.extent;
    const clamp = (value) => Math.max(0, Math.min(GRID, Math.floor(value / this.size)));
    for (let i = clamp(a - west); i <= clamp(c - west); i += 1) for (let j = clamp(b - north); j <= clamp(d - north); j += 1) visit(i * (GRID + 1) + j);
  }

  // Cells whose boxes meet a box.
  around(box) {
    const found = new Set();
    this.#binsOf(box, (bin) => {
      for (const cell of this.bins.get(bin) ?? []) {
        const [a, b, c, d] = this.boxes[cell];
        if (a <= box[2] && c >= box[0] && b <= box[3] && d >= box[1]) found.add(cell);
      }
    });
    return found;
  }

  // The cell at a place, -1 where there is none.
  at(x, y) {
    for (const cell of this.around([x, y, x, y])) if (isWithin(this.rings[cell], x, y)) return cell;
    return -1;
  }

  // Cells whose middle lies within a ring.
  inside(ring) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let at = 0; at < ring.length; at += 2) {
      box[0] = Math.min(box[0], ring[at]);
      box[1] = Math.min(box[1], ring[at + 1]);
      box[2] = Math.max(box[2], ring[at]);
      box[3] = Math.max(box[3], ring[at + 1]);
    }
    return [...this.around(box)].filter((cell) => isWithin([ring], ...this.middles[cell]));
  }

  boxOf(cells) {
    return this.#together([...cells].map((cell) => this.boxes[cell]));
  }

  // Paths to paint at a zoom: of every cell, and of the stretch along which two neighbours meet (by `ends`).
  level(zoom, ends) {
    const at = LEVELS.findIndex(({ upTo }) => zoom <= upTo);
    this.levels[at] ??= this.#paths(LEVELS[at].step, ends);
    return this.levels[at];
  }

  #paths(step, ends) {
    const rings = this.rings.map((own) => own.map((ring) => coarsened(ring, step)));
    const cells = rings.map((own) => {
      const path = new Path2D();
      for (const ring of own) if (ring.length > 4) addRing(path, ring);
      return path;
    });
    return { cells, borders: bordersOf(rings, ends, (x, y) => this.at(x, y), step * 0.75 + REACH) };
  }

  place({ lat, lng }) {
    const { x, y } = this.crs.latLngToPoint(L.latLng(lat, lng), ZOOM);
    return [x - this.origin.x, y - this.origin.y];
  }

  latLng(x, y) {
    return this.crs.pointToLatLng(L.point(x + this.origin.x, y + this.origin.y), ZOOM);
  }

  bounds(cells) {
    const [a, b, c, d] = this.boxOf(cells);
    return L.latLngBounds(this.latLng(a, b), this.latLng(c, d));
  }

  static scale(zoom) {
    return 2 ** (zoom - ZOOM);
  }
}

function* segmentsOf(rings) {
  for (const [cell, own] of rings.entries()) {
    for (const ring of own) for (let at = 2; at < ring.length; at += 2) yield [cell, ring[at - 2], ring[at - 1], ring[at], ring[at + 1]];
  }
}

// For each pair of neighbours the segments that both have, as a path; segments are matched by their corners. Where two
// cells meet along corners of their own, what lies beside a segment (`cellAt`, within `reach`) says whose it is.
function bordersOf(rings, [from, to], cellAt, reach) {
  const corners = new Map();
  const corner = (x, y) => {
    const key = Math.round(x * 4096) * 2 ** 26 + Math.round(y * 4096);
    if (!corners.has(key)) corners.set(key, corners.size);
    return corners.get(key);
  };
  const keyOf = (x, y, nextX, nextY) => {
    const [one, other] = [corner(x, y), corner(nextX, nextY)];
    return one < other ? one * 2 ** 22 + other : other * 2 ** 22 + one;
  };
  const met = new Map();
  const pairOf = (one, other) => Math.min(one, other) * rings.length + Math.max(one, other);
  const add = (pair, [, x, y, nextX, nextY]) => {
    let path = met.get(pair);
    if (!path) met.set(pair, (path = new Path2D()));
    path.moveTo(x, y);
    path.lineTo(nextX, nextY);
  };
  const owners = new Map();
  for (const segment of segmentsOf(rings)) {
    const key = keyOf(...segment.slice(1));
    const other = owners.get(key);
    if (other === undefined) owners.set(key, segment[0]);
    else if (other >= 0 && other !== segment[0]) {
      add(pairOf(other, segment[0]), segment);
      owners.set(key, MATCHED);
    }
  }
  for (const segment of segmentsOf(rings)) {
    const [cell, x, y, nextX, nextY] = segment;
    if (owners.get(keyOf(x, y, nextX, nextY)) === MATCHED) continue;
    const length = Math.hypot(nextX - x, nextY - y) || 1;
    const [acrossX, acrossY] = [((nextY - y) / length) * reach, ((x - nextX) / length) * reach];
    const beside = (share, side) => cellAt(x + (nextX - x) * share + side * acrossX, y + (nextY - y) * share + side * acrossY);
    for (const side of [1, -1]) {
      const other = beside(0.5, side);
      if (other >= 0 && other !== cell && beside(0.15, side) === other && beside(0.85, side) === other) add(pairOf(cell, other), segment);
    }
  }
  return Array.from(from, (one, edge) => met.get(pairOf(one, to[edge])));
}
