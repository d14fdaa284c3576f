// The cells' shapes in a plane of the map's own projection, near zero so that 32 bits are enough to paint them: where a
// point lies, and what a line or a box takes in.
import { Paths } from "./paths.js";

const ZOOM = 10;
const GRID = 96;
const LEVELS = [{ upTo: 11.5, step: 0.5 }, { upTo: 13.5, step: 0.125 }, { upTo: Infinity, step: 0 }];

const ringsOf = ({ type, coordinates }) => (type === "Polygon" ? [coordinates] : coordinates).flat();

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

  // Paths to paint at a zoom, where the cells meet at these `ends`.
  level(zoom, ends) {
    const at = LEVELS.findIndex(({ upTo }) => zoom <= upTo);
    return (this.levels[at] ??= new Paths(this, ends, LEVELS[at].step));
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
