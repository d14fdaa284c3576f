// Beats in pieces: found from the cells' common borders, each time something changes.
import { NOBODY } from "./model.js";

// The connected parts of every beat: manager -> lists of cells, the part with most households first.
function piecesOf(model, owner) {
  const root = Int32Array.from(owner.keys());
  const find = (cell) => {
    while (root[cell] !== cell) cell = root[cell] = root[root[cell]];
    return cell;
  };
  const [from, to] = model.ends;
  for (let edge = 0; edge < from.length; edge += 1) {
    if (owner[from[edge]] === owner[to[edge]]) root[find(from[edge])] = find(to[edge]);
  }
  const parts = new Map();
  for (let cell = 0; cell < owner.length; cell += 1) {
    if (owner[cell] === NOBODY) continue;
    const head = find(cell);
    const part = parts.get(head);
    if (part) part.push(cell);
    else parts.set(head, [cell]);
  }
  const beats = new Map();
  for (const [head, cells] of parts) beats.set(owner[head], [...(beats.get(owner[head]) ?? []), cells]);
  const weight = (cells) => cells.reduce((sum, cell) => sum + model.households[cell], 0);
  for (const pieces of beats.values()) if (pieces.length > 1) pieces.sort((one, other) => weight(other) - weight(one));
  return beats;
}

// Beats that are in more pieces than on the day the plan began from: {manager, pieces, before}.
export class Falls {
  constructor(model) {
    this.model = model;
    this.before = piecesOf(model, model.base);
  }

  now() {
    const found = [];
    for (const [manager, pieces] of piecesOf(this.model, this.model.manager)) {
      const before = this.before.get(manager)?.length ?? 1;
      if (pieces.length > before) found.push({ manager, pieces, before });
    }
    return found;
  }
}
