// What is chosen: how many cells and households, of whom, and to whom they can go; the nearest takers have a number key.
import { NOBODY } from "./model.js";
import { button, count, element, root, say, signed } from "./words.js";

const MOST = 9;

// Managers with cells along the chosen ones, the longest common border first; those who may not take them are left out.
export function takers(model, chosen) {
  const metres = new Map();
  for (const cell of chosen) {
    for (const [other, edge] of model.near[cell]) {
      const manager = model.manager[other];
      if (!chosen.has(other) && manager !== NOBODY) metres.set(manager, (metres.get(manager) ?? 0) + model.metres[edge]);
    }
  }
  const cells = [...chosen];
  const may = (manager) => cells.every((cell) => model.mayTake(manager, cell)) && cells.some((cell) => model.manager[cell] !== manager);
  return [...metres].filter(([manager]) => may(manager)).sort((one, other) => other[1] - one[1]).slice(0, MOST).map(([manager]) => manager);
}

export const householdsOf = (model, cells) => [...cells].reduce((sum, cell) => sum + model.households[cell], 0);

// A load before and after, and how far that is from the target.
export const change = (model, manager, before, after) => `${count(before)} → ${count(after)} (${signed(model.off(manager, after))})`;

function effect(model, cells, to) {
  const gain = householdsOf(model, [...cells].filter((cell) => model.manager[cell] !== to));
  return change(model, to, model.load[to], model.load[to] + gain);
}

export class Chosen {
  constructor(scene) {
    this.scene = scene;
    this.box = root.querySelector(".plan-chosen");
    this.text = this.box.querySelector(".plan-chosen-text");
    this.list = this.box.querySelector(".plan-takers");
    this.menu = root.querySelector(".plan-menu");
    this.deeds = root.querySelectorAll("[data-needs]");
    this.lock = root.querySelector("[data-act=lock] span");
  }

  refresh() {
    const { model, chosen } = this.scene;
    const cells = [...chosen];
    this.closeMenu();
    this.takers = model.isDraft ? takers(model, chosen) : [];
    this.box.dataset.empty = cells.length ? "" : "yes";
    this.list.replaceChildren(...this.#offers());
    const locked = cells.filter((cell) => model.locked[cell]).length;
    const owners = [...new Set(cells.map((cell) => model.manager[cell]))];
    const of = owners.map((owner) => (owner === NOBODY ? say("nobody") : model.managers[owner].name));
    const names = of.length > 3 ? say("ofMany", { first: of[0], count: of.length - 1 }) : of.join(", ");
    const what = cells.length === 1 ? model.cells[cells[0]].key : say("cells", { count: count(cells.length) });
    const parts = [what, say("households", { count: count(householdsOf(model, cells)) }), names];
    if (locked) parts.push(say("locked", { count: count(locked) }));
    this.text.textContent = cells.length ? parts.join(" · ") : say(model.isDraft ? "chooseFirst" : "lookOnly");
    this.lock.textContent = say(cells.length && locked === cells.length ? "unlock" : "lock");
    for (const deed of this.deeds) deed.disabled = cells.length < Number(deed.dataset.needs) || cells.length > Number(deed.dataset.most ?? Infinity);
  }

  #offers() {
    const { scene } = this;
    const { model, chosen } = scene;
    return this.takers.map((manager, at) => {
      const { name, code } = model.managers[manager];
      const line = element("li");
      const act = button("plan-taker", "", () => scene.give([...chosen], manager));
      act.append(element("kbd", "", String(at + 1)), element("b", "", name), element("span", "code text-secondary", code), element("span", "figures", effect(model, chosen, manager)));
      line.append(act);
      return line;
    });
  }

  giveByNumber(number) {
    const manager = this.takers?.[number - 1];
    if (manager !== undefined) this.scene.give([...this.scene.chosen], manager);
  }

  openMenu({ x, y }) {
    const { scene } = this;
    if (!scene.model.isDraft) return;
    const list = element("ul", "plan-takers");
    list.append(...this.#offers());
    const more = element("div", "plan-menu-more");
    const close = (act) => () => {
      this.closeMenu();
      act();
    };
    more.append(
      button("btn btn-outline-secondary btn-sm", say("otherManager"), close(() => scene.askManager())),
      button("btn btn-outline-secondary btn-sm", say("lockToggle"), close(() => scene.lockChosen())),
    );
    this.menu.replaceChildren(element("p", "", this.text.textContent), list, more);
    this.menu.hidden = false;
    const frame = this.menu.parentElement.getBoundingClientRect();
    this.menu.style.left = `${Math.max(0, Math.min(x, frame.width - this.menu.offsetWidth - 4))}px`;
    this.menu.style.top = `${Math.max(0, Math.min(y, frame.height - this.menu.offsetHeight - 4))}px`;
    this.menu.querySelector("button").focus();
  }

  closeMenu() {
    const wasOpen = !this.menu.hidden;
    this.menu.hidden = true;
    return wasOpen;
  }
}
