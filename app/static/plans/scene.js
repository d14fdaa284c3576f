// The plan on its map: what is chosen, what a deed does to it, and what has to be painted and written anew after that.
import { CellLayer } from "./cell_layer.js";
import { Chosen, change, householdsOf } from "./chosen.js";
import { Colours } from "./colours.js";
import { Falls } from "./pieces.js";
import { Hand } from "./hand.js";
import { NOBODY } from "./model.js";
import { Panel } from "./panel.js";
import { button, element, root, say } from "./words.js";

export class Scene {
  constructor(map, outbox) {
    Object.assign(this, { map, outbox, chosen: new Set(), strays: new Set() });
    this.overlay = L.svg();
    this.readout = root.querySelector(".plan-readout");
    this.banner = root.querySelector(".plan-banner");
    this.layer = new CellLayer(this);
  }

  // Begin with a plan as the server has it; also when its cells themselves have become others.
  begin(model, shapes) {
    const keys = new Set([...this.chosen].map((cell) => this.model.cells[cell].key));
    Object.assign(this, { model, shapes, strays: new Set() });
    this.chosen = new Set([...model.atOf].filter(([key]) => keys.has(key)).map(([, at]) => at));
    const by = this.colours?.by;
    this.colours = new Colours(model);
    if (by) this.colours.by = by;
    this.falls = new Falls(model);
    this.painted = model.load;
    model.expect(this.outbox.items);
    model.addEventListener("change", ({ detail }) => this.#changed(detail));
    model.addEventListener("state", () => this.#showState());
    this.layer.setShapes(shapes);
    if (!this.map.hasLayer(this.layer)) this.layer.addTo(this.map);
    this.hand ??= new Hand(this);
    this.card ??= new Chosen(this);
    if (this.panel) this.panel.build();
    else this.panel = new Panel(this);
    this.#showState();
    this.#warn();
  }

  cellAt(point) {
    return this.shapes.at(...this.shapes.place(this.map.containerPointToLatLng(point)));
  }

  #showState() {
    root.dataset.state = this.model.state;
    root.querySelector(".plan-fixed").hidden = this.model.isDraft;
    for (const part of root.querySelectorAll(".edits")) part.inert = !this.model.isDraft;
    if (!this.model.isDraft) this.hand.take("choose");
    this.card.refresh();
    this.panel.offer();
    this.#showTurns();
  }

  #showTurns() {
    const { undo, redo } = this.model.canTurn;
    root.querySelector("[data-act=undo]").disabled = !undo;
    root.querySelector("[data-act=redo]").disabled = !redo;
  }

  #changed({ cells, isPreview }) {
    const dirty = new Set(cells);
    const fresh = isPreview ? [] : this.colours.refresh();
    if (fresh.length) for (const cell of this.model.manager.keys()) if (fresh.includes(this.model.manager[cell])) dirty.add(cell);
    if (this.colours.by === "load") {
      const { manager, load } = this.model;
      for (let cell = 0; cell < manager.length; cell += 1) {
        if (manager[cell] !== NOBODY && load[manager[cell]] !== this.painted[manager[cell]]) dirty.add(cell);
      }
    }
    this.painted = this.model.load;
    this.layer.repaint([...dirty]);
    this.layer.remark(this.#warn());
    this.panel.refresh();
    if (!isPreview) {
      this.card.refresh();
      this.#showTurns();
      this.#afterwards(true);
    }
  }

  // What may wait until the map has been painted: who can take what is chosen, and after a step the order of managers.
  #afterwards(isStep) {
    this.isStep ||= isStep;
    this.later ??= requestAnimationFrame(() => setTimeout(() => {
      if (this.isStep) this.panel.arrange();
      [this.later, this.isStep] = [null, false];
      this.panel.offer();
    }));
  }

  // Beats that have come apart are said above the map; the cells that look different for it are returned.
  #warn() {
    const found = this.falls.now();
    const strays = new Set(found.flatMap(({ pieces, before }) => pieces.slice(before).flat()));
    const differ = [...strays].filter((cell) => !this.strays.has(cell)).concat([...this.strays].filter((cell) => !strays.has(cell)));
    this.strays = strays;
    const text = found.map(({ manager, pieces }) => `${manager}:${pieces.length}:${pieces.at(-1).join()}`).join();
    if (text === this.warned) return differ;
    this.warned = text;
    this.banner.replaceChildren(
      ...found.slice(0, 3).map(({ manager, pieces, before }) => {
        const line = element("p", "", say("apart", { name: this.model.managers[manager].name, pieces: pieces.length }));
        line.append(button("btn btn-outline-danger btn-sm", say("zoomTo"), () => this.zoomTo(pieces.slice(before).flat())));
        return line;
      }),
    );
    if (found.length > 3) this.banner.append(element("p", "", say("apartMore", { count: found.length - 3 })));
    this.banner.hidden = found.length === 0;
    return differ;
  }

  zoomTo(cells, room = 0.6) {
    if (cells.length) this.map.fitBounds(this.shapes.bounds(cells).pad(room), { maxZoom: 16 });
  }

  showBeat(manager) {
    const cells = this.model.cellsOf(manager);
    this.zoomTo(cells, 0.3);
    this.choose(cells, "only");
  }

  // `how`: only, add or remove.
  choose(cells, how) {
    const before = new Set(this.chosen);
    if (how === "only") this.chosen = new Set(cells);
    else for (const cell of cells) this.chosen[how === "add" ? "add" : "delete"](cell);
    const differ = [...before].filter((cell) => !this.chosen.has(cell)).concat([...this.chosen].filter((cell) => !before.has(cell)));
    if (!differ.length) return;
    this.layer.remark(differ);
    this.card.refresh();
    this.#afterwards(false);
  }

  // What letting go now would do, in the panel and beside the hand, before it is done.
  previewMove(cells, to, from, point) {
    if (!cells.length) {
      this.readout.hidden = true;
      this.panel.mark([]);
      if (this.model.preview) this.model.show(null);
      return;
    }
    const { preview } = this.model;
    if (preview?.to !== to || preview.cells.length !== cells.length || preview.cells.at(-1) !== cells.at(-1)) this.#preview(cells, to, from);
    this.readout.hidden = false;
    const { x } = this.map.getSize();
    this.readout.style.left = `${Math.min(point.x + 14, x - this.readout.offsetWidth - 4)}px`;
    this.readout.style.top = `${point.y + 14}px`;
  }

  #preview(cells, to, from) {
    this.model.show({ cells: [...cells], to });
    const gain = householdsOf(this.model, cells);
    const sides = [[to, gain], [from, -gain]].filter(([manager]) => manager !== NOBODY);
    this.panel.mark(sides.map(([manager]) => manager));
    const lines = sides.map(([manager, more]) => {
      const after = this.model.load[manager];
      return element("span", "", `${this.model.managers[manager].name} ${change(this.model, manager, after - more, after)}`);
    });
    this.readout.replaceChildren(...lines);
  }

  send(kind, body) {
    this.tell("");
    this.outbox.add(kind, body);
    this.model.expect(this.outbox.items);
  }

  keys(cells) {
    return [...cells].map((cell) => this.model.cells[cell].key);
  }

  give(cells, to) {
    const { model } = this;
    const wanted = cells.filter((cell) => model.manager[cell] !== to);
    if (!model.isDraft || !wanted.length) return;
    const locked = wanted.filter((cell) => model.locked[cell]);
    if (locked.length) return void this.tell(say("isLocked", { cells: this.keys(locked.slice(0, 5)).join(", ") }));
    if (!wanted.every((cell) => model.mayTake(to, cell))) return void this.tell(say("foreign", { name: model.managers[to].name }));
    this.choose([], "only");
    this.send("move", { cells: this.keys(wanted), to: to === NOBODY ? null : model.managers[to].code });
  }

  lock(cells, locked) {
    const wanted = cells.filter((cell) => Boolean(this.model.locked[cell]) !== locked);
    if (this.model.isDraft && wanted.length) this.send(locked ? "lock" : "unlock", { cells: this.keys(wanted) });
  }

  lockChosen() {
    const cells = [...this.chosen];
    this.lock(cells, cells.some((cell) => !this.model.locked[cell]));
  }

  lockBeat(manager) {
    const cells = this.model.cellsOf(manager);
    this.lock(cells, cells.some((cell) => !this.model.locked[cell]));
  }

  turn(kind) {
    if (this.model.isDraft && this.model.canTurn[kind]) this.send(kind, {});
  }

  colourBy(by) {
    this.colours.by = by;
    this.layer.repaintAll();
    this.panel.refresh();
  }

  askManager() {
    this.panel.filter.focus();
    this.panel.filter.select();
  }

  openMenu(point) {
    this.card.openMenu(point);
  }

  // A word to whoever works here, until the next one.
  tell(text) {
    const said = root.querySelector(".plan-said");
    said.hidden = !text;
    said.querySelector("span").textContent = text;
  }
}
