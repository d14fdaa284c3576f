// A plan as this browser shows it: what the server has said, the steps that are on their way to it, and what the hand
// that moves right now would do. Managers stand by their position in `managers`, -1 is nobody; cells by theirs in `cells`.
export const NOBODY = -1;

export class Model extends EventTarget {
  constructor(data) {
    super();
    this.version = data.version;
    this.state = data.state;
    this.managers = data.managers;
    this.stations = data.stations;
    this.cells = data.cells;
    this.turns = { undo: data.undo, redo: data.redo };
    this.atOf = new Map(data.cells.map(({ key }, at) => [key, at]));
    this.managerAt = new Map(data.managers.map(({ id }, at) => [id, at]));
    this.managerByCode = new Map(data.managers.map(({ code }, at) => [code, at]));
    this.households = Int32Array.from(data.cells, ({ households }) => households);
    this.base = Int32Array.from(data.cells, ({ base }) => this.managerAt.get(base) ?? NOBODY);
    this.said = {
      manager: Int32Array.from(data.cells, ({ manager }) => this.managerAt.get(manager) ?? NOBODY),
      locked: Uint8Array.from(data.cells, ({ locked }) => Number(locked)),
    };
    this.manager = this.said.manager.slice();
    this.locked = this.said.locked.slice();
    this.#learnEdges(data.edges);
    this.pending = [];
    this.preview = null;
    this.done = [];
    this.undone = [];
    this.#weigh();
  }

  #learnEdges(edges) {
    this.ends = [Int32Array.from(edges, ([a]) => a), Int32Array.from(edges, ([, b]) => b)];
    this.metres = Float32Array.from(edges, ([, , metres]) => metres);
    this.near = this.cells.map(() => []);
    edges.forEach(([a, b], at) => {
      this.near[a].push([b, at]);
      this.near[b].push([a, at]);
    });
  }

  get isDraft() {
    return this.state === "draft";
  }

  // Whether there is something to undo and to redo, once everything on its way has arrived.
  get canTurn() {
    return this.pending.reduce(({ undo, redo }, { kind }) => ({ undo: undo || kind !== "undo", redo: kind === "undo" || (redo && kind === "redo") }), this.turns);
  }

  cellsOf(manager) {
    return [...this.manager.keys()].filter((cell) => this.manager[cell] === manager);
  }

  // Steps on their way, the oldest first.
  expect(steps) {
    this.pending = steps;
    this.#compose();
  }

  // What the hand would do if it let go now: {cells, to}; null takes it back.
  show(preview) {
    this.preview = preview;
    this.#compose();
  }

  // The server has taken the oldest step on its way; `answer` says what changed since we looked. The cells that others
  // have changed meanwhile are returned.
  taken(step, answer) {
    this.#play(step, this.said, this.done, this.undone);
    return this.learn(answer);
  }

  // What others, or we in another window, have changed.
  learn(answer) {
    const strange = [];
    this.isOutdated = false;
    for (const cell of answer.cells) {
      const at = this.atOf.get(cell.key);
      if (at === undefined ? !cell.gone : cell.gone) this.isOutdated = true;
      if (at === undefined) continue;
      const manager = this.managerAt.get(cell.manager) ?? NOBODY;
      if (this.said.manager[at] !== manager || this.said.locked[at] !== Number(cell.locked)) strange.push(cell.key);
      this.said.manager[at] = manager;
      this.said.locked[at] = Number(cell.locked);
    }
    if (strange.length) [this.done, this.undone] = [[], []];
    this.isOutdated ||= Boolean(answer.shapes);
    this.version = answer.version;
    this.turns = { undo: answer.undo, redo: answer.redo };
    if (this.state !== answer.state) {
      this.state = answer.state;
      this.dispatchEvent(new Event("state"));
    }
    return strange;
  }

  #play({ kind, body }, onto, done, undone) {
    const write = (change) => change.forEach(([cell, manager, locked]) => {
      onto.manager[cell] = manager;
      onto.locked[cell] = locked;
    });
    if (kind === "undo" || kind === "redo") {
      const [from, to] = kind === "undo" ? [done, undone] : [undone, done];
      const change = from.pop();
      if (!change) return;
      write(kind === "undo" ? change.before : change.after);
      to.push(change);
      return;
    }
    undone.length = 0;
    if (!["move", "lock", "unlock"].includes(kind)) {
      done.length = 0; // only the server knows what it does
      return;
    }
    const cells = body.cells.map((key) => this.atOf.get(key)).filter((cell) => cell !== undefined);
    const before = cells.map((cell) => [cell, onto.manager[cell], onto.locked[cell]]);
    const to = kind === "move" ? (this.managerByCode.get(body.to) ?? NOBODY) : null;
    const after = before.map(([cell, manager, locked]) => (kind === "move" ? [cell, to, locked] : [cell, manager, Number(kind === "lock")]));
    write(after);
    done.push({ before, after });
  }

  #compose() {
    const next = { manager: this.said.manager.slice(), locked: this.said.locked.slice() };
    const [done, undone] = [this.done.slice(), this.undone.slice()];
    for (const step of this.pending) this.#play(step, next, done, undone);
    if (this.preview) for (const cell of this.preview.cells) next.manager[cell] = this.preview.to;
    const changed = [];
    for (let cell = 0; cell < this.cells.length; cell += 1) {
      if (this.manager[cell] !== next.manager[cell] || this.locked[cell] !== next.locked[cell]) changed.push(cell);
    }
    Object.assign(this, next);
    this.#weigh();
    this.dispatchEvent(new CustomEvent("change", { detail: { cells: changed, isPreview: this.preview !== null } }));
  }

  #weigh() {
    this.load = new Int32Array(this.managers.length);
    this.count = new Int32Array(this.managers.length);
    this.alone = 0;
    this.moved = 0;
    for (let cell = 0; cell < this.cells.length; cell += 1) {
      const manager = this.manager[cell];
      if (manager === NOBODY) this.alone += this.households[cell];
      else {
        this.load[manager] += this.households[cell];
        this.count[manager] += 1;
      }
      if (manager !== this.base[cell]) this.moved += this.households[cell];
    }
  }

  // How far a load is from the manager's target, as a share of it.
  off(manager, load = this.load[manager]) {
    const { target } = this.managers[manager];
    return target ? load / target - 1 : 0;
  }

  // Who may take a cell: the managers of its station, and those of the units above it.
  mayTake(manager, cell) {
    if (manager === NOBODY) return true;
    const { station } = this.managers[manager];
    return station === this.cells[cell].station || !this.stations.some(({ id }) => id === station);
  }
}
