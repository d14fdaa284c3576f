// What a hand does on the map between touching it and letting go. Every gesture has `move`, `end` and `cancel`.
import { NOBODY } from "./model.js";

const SURE = 10;
const REACH = 7;
const AROUND = Array.from({ length: 8 }, (_, at) => [Math.cos((at * Math.PI) / 4), Math.sin((at * Math.PI) / 4)]);

const sketch = { weight: 2, className: "plan-sketch", interactive: false, pmIgnore: true };

// The cells along the way from one point to another, both in pixels of the container.
function along(scene, from, to) {
  const steps = Math.max(1, Math.ceil(from.distanceTo(to) / 4));
  const found = [];
  for (let step = 1; step <= steps; step += 1) {
    const cell = scene.cellAt(from.add(to.subtract(from).multiplyBy(step / steps)));
    if (cell >= 0 && cell !== found.at(-1)) found.push(cell);
  }
  return found;
}

export class Brush {
  constructor(scene, point, takes) {
    Object.assign(this, { scene, last: point, how: takes ? "remove" : "add", before: new Set(scene.chosen) });
    this.move(point);
  }

  move(point) {
    this.scene.choose(along(this.scene, this.last, point), this.how);
    this.last = point;
  }

  end() {}

  cancel() {
    this.scene.choose(this.before, "only");
  }
}

// A ring that is drawn; what lies inside is chosen while it grows.
class Ring {
  constructor(scene, point, adds) {
    Object.assign(this, { scene, points: [point], before: adds ? new Set(scene.chosen) : new Set(), was: new Set(scene.chosen) });
    this.shape = L.polygon([], { ...sketch, renderer: scene.overlay }).addTo(scene.map);
  }

  move(point) {
    this.follow(point);
    const places = this.corners().map((corner) => this.scene.map.containerPointToLatLng(corner));
    this.shape.setLatLngs(places);
    const inside = this.scene.shapes.inside(places.flatMap((place) => this.scene.shapes.place(place)));
    this.scene.choose([...this.before, ...inside], "only");
  }

  end() {
    this.shape.remove();
  }

  cancel() {
    this.shape.remove();
    this.scene.choose(this.was, "only");
  }
}

export class Lasso extends Ring {
  follow(point) {
    if (point.distanceTo(this.points.at(-1)) > 2) this.points.push(point);
  }

  corners() {
    return this.points;
  }
}

export class Box extends Ring {
  follow(point) {
    this.points[1] = point;
  }

  corners() {
    const [from, to] = this.points;
    return [from, L.point(to.x, from.y), to, L.point(from.x, to.y)];
  }
}

// Where the border between two beats is within reach of a point: {cell, own, other}.
export function borderAt(scene, point) {
  const cell = scene.cellAt(point);
  if (cell < 0) return null;
  const own = scene.model.manager[cell];
  for (const [x, y] of AROUND) {
    const beside = scene.cellAt(point.add([x * REACH, y * REACH]));
    if (beside >= 0 && scene.model.manager[beside] !== own) return { cell, own, other: scene.model.manager[beside] };
  }
  return null;
}

// The border follows the hand: cells that it passes go to the beat that it comes from; back over them, they return.
export class Border {
  constructor(scene, point, { cell, own, other }) {
    Object.assign(this, { scene, start: point, last: point, cell, own, other, chain: [], to: null });
  }

  move(point) {
    this.hasMoved ||= point.distanceTo(this.start) > SURE;
    if (this.hasMoved) for (const cell of along(this.scene, this.last, point)) this.#pass(cell, point);
    this.last = point;
    this.scene.previewMove(this.chain, this.to, this.from, point);
  }

  #pass(cell, point) {
    const { model } = this.scene;
    const owner = this.chain.includes(cell) ? this.from : model.manager[cell];
    if (!this.chain.length) {
      if (point.distanceTo(this.start) <= SURE) return;
      [this.from, this.to] = owner === this.other ? [this.other, this.own] : [this.own, this.other];
      if (this.from === this.own) this.#take(this.cell);
    }
    const at = this.chain.indexOf(cell);
    if (at >= 0) this.chain.length = at + 1;
    else if (owner === this.to) this.chain.length = 0;
    else if (owner === this.from) this.#take(cell);
  }

  #take(cell) {
    const { model } = this.scene;
    if (this.to !== NOBODY && !this.chain.includes(cell) && !model.locked[cell] && model.mayTake(this.to, cell)) this.chain.push(cell);
  }

  end() {
    const cells = this.chain;
    this.scene.previewMove([], null);
    if (cells.length) this.scene.give(cells, this.to);
  }

  cancel() {
    this.scene.previewMove([], null);
  }
}
