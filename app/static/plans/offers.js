// What the program offers: a whole proposal, worked out as a job, whose moves are taken one by one or all at once; and
// the best single moves. Taking one is a step like any other.
import { button, count, element, root, say, share } from "./words.js";

const EVERY = 400;
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function bindOffers(scene, addresses, fetched) {
  const box = root.querySelector(".plan-offers-box");
  const title = box.querySelector("h2");
  const body = box.querySelector(".plan-offers-body");
  const nameOf = (code) => scene.model.managers[scene.model.managerByCode.get(code)]?.name ?? say("nobody");

  function show(words, ...parts) {
    title.textContent = words;
    body.replaceChildren(...parts);
    box.hidden = false;
  }

  function line({ cell, from, to, households }, text, act, words) {
    const row = element("li");
    const at = scene.model.atOf.get(cell);
    const look = button("plan-name", "", () => at !== undefined && (scene.zoomTo([at], 4), scene.choose([at], "only")));
    if (!text?.startsWith(cell)) look.append(element("b", "code", cell));
    look.append(element("span", "", text ?? say("offer", { from: nameOf(from), to: nameOf(to), count: count(households) })));
    row.append(look, button("btn btn-outline-primary btn-sm", words, () => (act(), row.remove()), `${words} ${cell}`));
    return row;
  }

  async function working(job) {
    const bar = element("progress", "job-bar", "", { max: 1 });
    const text = element("p", "text-secondary", say("working"));
    bar.setAttribute("aria-label", say("working"));
    show(say("propose"), text, bar);
    for (;;) {
      const told = await fetched(job.progress);
      if (told.total) [bar.max, bar.value] = [told.total, told.done];
      if (told.message) text.textContent = told.message;
      if (!["queued", "waiting", "running"].includes(told.state)) return told;
      await pause(EVERY);
    }
  }

  async function propose() {
    const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": root.dataset.csrf };
    const answer = await fetch(addresses.propose, { method: "POST", body: "{}", headers });
    const job = await answer.json();
    if (!answer.ok) throw new Error(job.error ?? job.title);
    const told = await working(job);
    if (told.error) throw new Error(told.error);
    const proposal = await fetched(addresses.proposal);
    const list = element("ul", "plan-moves");
    const accept = (cells) => scene.send("accept", { cells });
    const acceptOne = (move) => {
      accept([move.cell]);
      box.hidden = list.children.length === 1; // the last of them
    };
    const moves = proposal.moves.map((move) => line(move, null, () => acceptOne(move), say("accept")));
    const reasons = element("ul", "plan-reasons");
    reasons.append(...(proposal.reasons ?? []).map((reason) => element("li", "", reason)));
    list.append(...moves);
    const all = button("btn btn-primary btn-sm", say("acceptAll"), () => {
      accept(null);
      box.hidden = true;
    });
    const facts = say("proposal", { cells: count(moves.length), count: count(proposal.moved_households), worst: share(proposal.worst) });
    if (moves.length) show(say("propose"), element("p", "", facts), all, reasons, list);
    else show(say("propose"), element("p", "", say("nothingBetter")), reasons);
  }

  async function suggest() {
    show(say("suggest"), element("p", "text-secondary", say("working")));
    const found = await fetched(addresses.suggestions);
    const list = element("ul", "plan-moves");
    const give = (move) => () => {
      scene.give([scene.model.atOf.get(move.cell)], scene.model.managerByCode.get(move.to));
      setTimeout(() => suggest().catch(fail), EVERY * 2);
    };
    list.append(...found.map((move) => line(move, move.text, give(move), say("give"))));
    show(say("suggest"), found.length ? list : element("p", "", say("nothingBetter")));
  }

  function fail(error) {
    show(say("offersFailed"), element("p", "", error.message ?? ""));
  }

  box.querySelector("[data-close]").addEventListener("click", () => (box.hidden = true));
  for (const [name, act] of [["propose", propose], ["suggest", suggest]]) {
    root.querySelector(`[data-offer=${name}]`)?.addEventListener("click", () => act().catch(fail));
  }
}
