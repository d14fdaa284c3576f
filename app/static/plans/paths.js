// What is painted of the cells at one level of detail: each cell, and the stretch along which two neighbours meet. A path
// is made when it is painted first, so that only what has been on the screen is ever worked out.
import { isWithin } from "./shapes.js";

const REACH = 0.002;
const LATTICE = 4096;
// Numbers that stand for one segment.
const SIZE = 5;

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

export class Paths {
  constructor(shapes, [from, to], step) {
    Object.assign(this, { shapes, from, to, step, reach: step * 0.75 + REACH });
    this.rings = new Array(shapes.rings.length);
    this.cells = new Array(shapes.rings.length);
    this.borders = new Array(from.length);
  }

  cell(at) {
    if (!this.cells[at]) {
      this.cells[at] = new Path2D();
      for (const ring of this.#ringsOf(at)) if (ring.length > 4) addRing(this.cells[at], ring);
    }
    return this.cells[at];
  }

  border(edge) {
    return (this.borders[edge] ??= this.#between(this.from[edge], this.to[edge]));
  }

  #ringsOf(at) {
    return (this.rings[at] ??= this.shapes.rings[at].map((ring) => coarsened(ring, this.step)));
  }

  // Segments that both have, matched by their middles; where two cells meet along corners of their own, what lies beside
  // a segment, within reach, says whose it is.
  #between(one, other) {
    const path = new Path2D();
    const frame = this.#frameOf(one, other);
    const [own, theirs] = [segmentsIn(this.#ringsOf(one), frame), segmentsIn(this.#ringsOf(other), frame)];
    const names = new Set();
    for (let at = 0; at < theirs.length; at += SIZE) names.add(theirs[at]);
    for (let at = 0; at < own.length; at += SIZE) {
      if (names.delete(own[at]) || this.#isBeside(own, at, other)) add(path, own, at);
    }
    for (let at = 0; at < theirs.length; at += SIZE) {
      if (names.has(theirs[at]) && this.#isBeside(theirs, at, one)) add(path, theirs, at);
    }
    return path;
  }

  // The box that the boxes of two cells have in common, and a little more.
  #frameOf(one, other) {
    const [a, b] = [this.shapes.boxes[one], this.shapes.boxes[other]];
    const room = this.reach + this.step;
    return [Math.max(a[0], b[0]) - room, Math.max(a[1], b[1]) - room, Math.min(a[2], b[2]) + room, Math.min(a[3], b[3]) + room];
  }

  #isBeside(segments, at, cell) {
    const [x, y, nextX, nextY] = [segments[at + 1], segments[at + 2], segments[at + 3], segments[at + 4]];
    const length = Math.hypot(nextX - x, nextY - y) || 1;
    const [acrossX, acrossY] = [((nextY - y) / length) * this.reach, ((x - nextX) / length) * this.reach];
    const [west, north, east, south] = this.shapes.boxes[cell];
    const isThere = (share, side) => {
      const atX = x + (nextX - x) * share + side * acrossX;
      const atY = y + (nextY - y) * share + side * acrossY;
      return atX >= west && atX <= east && atY >= north && atY <= south && isWithin(this.shapes.rings[cell], atX, atY);
    };
    return [1, -1].some((side) => isThere(0.5, side) && isThere(0.15, side) && isThere(0.85, side));
  }
}

// The segments of rings that touch a box, one after the other: what its middle is called by, and its two ends.
function segmentsIn(rings, [west, north, east, south]) {
  const found = [];
  for (const ring of rings) {
    for (let at = 2; at < ring.length; at += 2) {
      const x = ring[at - 2];
      const nextX = ring[at];
      if ((x < west && nextX < west) || (x > east && nextX > east)) continue;
      const y = ring[at - 1];
      const nextY = ring[at + 1];
      if ((y < north && nextY < north) || (y > south && nextY > south)) continue;
      found.push(Math.round((x + nextX) * LATTICE) * 2 ** 26 + Math.round((y + nextY) * LATTICE), x, y, nextX, nextY);
    }
  }
  return found;
}

function add(path, segments, at) {
  path.moveTo(segments[at + 1], segments[at + 2]);
  path.lineTo(segments[at + 3], segments[at + 4]);
}
