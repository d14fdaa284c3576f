// What a cell is painted with: its manager's colour, unlike those of the beats beside it, or its manager's load.
import { BEATS, NOBODY_COLOUR, colourOfLoad } from "../core/map_styles.js";
import { NOBODY } from "./model.js";

export class Colours {
  constructor(model) {
    this.model = model;
    this.by = "manager";
    this.ofManager = new Int8Array(model.managers.length).fill(-1);
    this.refresh();
  }

  // Gives every beat a colour that no beat beside it has; a beat keeps its colour while it can. Returns who got another.
  refresh() {
    const beside = this.#beside();
    const fresh = [];
    const order = [...beside.keys()].sort((one, other) => this.model.count[other] - this.model.count[one]);
    for (const manager of order) {
      const uses = new Int32Array(BEATS.length);
      for (const other of beside.get(manager)) if (this.ofManager[other] >= 0) uses[this.ofManager[other]] += 1;
      const own = this.ofManager[manager];
      if (own >= 0 && uses[own] === 0) continue;
      const start = manager % BEATS.length;
      let best = start;
      for (let step = 1; step < BEATS.length; step += 1) if (uses[(start + step) % BEATS.length] < uses[best]) best = (start + step) % BEATS.length;
      if (own === best) continue;
      this.ofManager[manager] = best;
      fresh.push(manager);
    }
    return fresh;
  }

  #beside() {
    const { manager, ends: [from, to] } = this.model;
    const beside = new Map();
    for (const owner of manager) if (owner !== NOBODY && !beside.has(owner)) beside.set(owner, new Set());
    for (let edge = 0; edge < from.length; edge += 1) {
      const [one, other] = [manager[from[edge]], manager[to[edge]]];
      if (one === other || one === NOBODY || other === NOBODY) continue;
      beside.get(one).add(other);
      beside.get(other).add(one);
    }
    return beside;
  }

  colourOf(manager) {
    if (manager === NOBODY) return NOBODY_COLOUR;
    if (this.by === "load") return colourOfLoad(this.model.off(manager) + 1);
    return BEATS[Math.max(0, this.ofManager[manager])];
  }
}
