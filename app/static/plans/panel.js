// The managers by how far they are from their target, with their load as a bar against it; live while a hand moves.
import { button, count, element, root, say, signed } from "./words.js";

const TOLERANCE = 0.05;
const SVG = "http://www.w3.org/2000/svg";
const kindOf = (off) => (off > TOLERANCE ? "over" : off < -TOLERANCE ? "under" : "right");

function bar() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "load-bar");
  svg.setAttribute("aria-hidden", "true");
  for (const [tag, name, attributes] of [
    ["rect", "load-track", { width: "100%", height: "100%" }],
    ["rect", "load-fill", { width: "0%", height: "100%" }],
    ["line", "load-target", { x1: "50%", x2: "50%", y1: 0, y2: "100%" }],
  ]) {
    const part = svg.appendChild(document.createElementNS(SVG, tag));
    part.setAttribute("class", name);
    for (const [key, value] of Object.entries(attributes)) part.setAttribute(key, value);
  }
  return svg;
}

export class Panel {
  constructor(scene) {
    this.scene = scene;
    this.list = root.querySelector(".plan-managers");
    this.summary = root.querySelector(".plan-summary");
    this.none = root.querySelector(".plan-none");
    this.filter = root.querySelector("[name=manager]");
    this.order = root.querySelector("[name=order]");
    this.station = root.querySelector("[name=station]");
    for (const field of [this.filter, this.order, this.station]) field.addEventListener("input", () => this.arrange());
    this.build();
  }

  build() {
    const { model } = this.scene;
    if (this.station.options.length < 2) this.station.append(...model.stations.map(({ id, name }) => new Option(name, id)));
    this.station.closest("label").hidden = model.stations.length < 2;
    this.marked = "";
    this.rows = model.managers.map((manager, at) => this.#row(manager, at));
    this.list.replaceChildren(...this.rows.map(({ line }) => line));
    this.refresh();
    this.arrange();
  }

  #row(manager, at) {
    const { scene } = this;
    const line = element("li", "plan-manager");
    const name = button("plan-name", "", () => scene.showBeat(at));
    const swatch = element("i", "plan-swatch");
    name.append(swatch, element("b", "", manager.name), element("span", "code text-secondary", ` ${manager.code}`));
    if (!manager.at_work) name.append(element("span", "badge", say("away")));
    const load = element("span", "load");
    const figures = element("span", "figures");
    const off = element("small", "figures");
    load.append(bar(), figures, off);
    const deeds = element("span", "plan-deeds edits");
    const give = button("btn btn-primary btn-sm plan-give", say("give"), () => scene.give([...scene.chosen], at), say("giveTo", manager));
    const lock = button("btn btn-outline-secondary btn-sm plan-lock", "", () => scene.lockBeat(at));
    deeds.append(give, lock);
    line.append(name, load, deeds);
    return { line, swatch, load, fill: load.querySelector(".load-fill"), figures, off, give, lock, shown: "" };
  }

  // Write what has changed into the rows; they stay where they are until `arrange`.
  refresh() {
    const { model, colours } = this.scene;
    const locked = new Int32Array(model.managers.length);
    model.manager.forEach((manager, cell) => manager >= 0 && model.locked[cell] && (locked[manager] += 1));
    this.rows.forEach((row, at) => {
      const { name, target } = model.managers[at];
      const isLocked = model.count[at] > 0 && locked[at] === model.count[at];
      const colour = colours.colourOf(model.count[at] ? at : -1);
      const shown = `${model.load[at]} ${isLocked} ${colour} ${model.count[at]}`;
      if (row.shown === shown) return;
      row.shown = shown;
      const off = model.off(at);
      row.load.className = `load load-${kindOf(off)}`;
      row.fill.setAttribute("width", `${Math.min(model.load[at] / (target || 1), 2) * 50}%`);
      row.figures.textContent = `${count(model.load[at])} / ${count(target)}`;
      row.off.textContent = signed(off);
      row.swatch.style.background = colour;
      row.lock.textContent = say(isLocked ? "unlock" : "lock");
      row.lock.setAttribute("aria-label", say(isLocked ? "unlockBeat" : "lockBeat", { name }));
      row.lock.disabled = model.count[at] === 0;
      row.line.dataset.empty = model.count[at] ? "" : "yes";
    });
    this.#summarise();
  }

  #summarise() {
    const { model } = this.scene;
    const offs = model.managers.map((_manager, at) => model.off(at)).filter((_off, at) => model.managers[at].at_work);
    const right = offs.filter((off) => kindOf(off) === "right").length;
    const worst = offs.reduce((most, off) => (Math.abs(off) > Math.abs(most) ? off : most), 0);
    const parts = [say("right", { right: count(right), all: count(offs.length) }), say("worst", { worst: signed(worst) }), say("moved", { count: count(model.moved) })];
    if (model.alone) parts.push(say("alone", { count: count(model.alone) }));
    const text = parts.join(" · ");
    if (this.summary.textContent !== text) this.summary.textContent = text;
  }

  arrange() {
    const { model } = this.scene;
    const wanted = this.filter.value.trim().toLowerCase();
    const chosen = this.station.value;
    const measure = ["deviation", "over", "code"].indexOf(this.order.value);
    const place = (at) => [-Math.abs(model.off(at)), -model.off(at), 0][measure];
    const order = [...this.rows.keys()].sort((one, other) => place(one) - place(other) || one - other);
    let shown = 0;
    let after = null;
    for (const at of order) {
      const { line } = this.rows[at];
      const { name, code, station } = model.managers[at];
      const isShown = `${name} ${code}`.toLowerCase().includes(wanted) && (chosen === "" || station === Number(chosen));
      if (line.hidden === isShown) line.hidden = !isShown;
      shown += isShown;
      const next = after ? after.nextSibling : this.list.firstChild;
      if (next !== line) this.list.insertBefore(line, next);
      after = line;
    }
    this.none.hidden = shown > 0;
  }

  // Which rows can take what is chosen.
  offer() {
    const { model, chosen } = this.scene;
    const cells = [...chosen];
    this.list.classList.toggle("plan-offers", cells.length > 0 && model.isDraft);
    if (!cells.length) return;
    const stations = [...new Map(cells.map((cell) => [model.cells[cell].station, cell])).values()];
    this.rows.forEach(({ give }, at) => {
      const cannot = !stations.every((cell) => model.mayTake(at, cell)) || cells.every((cell) => model.manager[cell] === at);
      if (give.hidden !== cannot) give.hidden = cannot;
    });
  }

  // The rows of managers whose load the hand changes; they come into view once.
  mark(managers) {
    if (managers.join() === this.marked) return;
    this.marked = managers.join();
    this.rows.forEach(({ line }, at) => line.classList.toggle("plan-changing", managers.includes(at)));
    for (const at of managers) this.rows[at].line.scrollIntoView({ block: "nearest" });
  }
}
