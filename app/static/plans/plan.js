// The work place of a plan: fetches it, follows what others do, and ties the tools to the map.
import { drawMap } from "../core/map.js";
import { Model } from "./model.js";
import { Outbox } from "./outbox.js";
import { Scene } from "./scene.js";
import { Shapes } from "./shapes.js";
import { bindBorder } from "./border.js";
import { bindKeys } from "./keys.js";
import { bindLine } from "./line.js";
import { bindOffers } from "./offers.js";
import { followHomes } from "./homes.js";
import { count, root, say } from "./words.js";

const EVERY = 3000;
const addresses = JSON.parse(root.dataset.addresses);
const status = root.querySelector(".plan-status");

async function fetched(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

// What the head of the page says: how the plan stands, and the number of its last step.
function showFacts({ version, stands }) {
  document.querySelector("[data-fact=version]").textContent = count(version);
  document.querySelector("[data-fact=stands]").textContent = stands;
}

// The cells and their shapes, of one and the same version.
async function fetchPlan(map) {
  const [data, layer] = await Promise.all([fetched(addresses.map), fetched(addresses.shapes)]);
  const places = new Map(layer.features.map((feature) => [feature.properties.key, feature]));
  if (data.cells.length !== places.size || !data.cells.every(({ key }) => places.has(key))) return fetchPlan(map);
  showFacts(data);
  return [new Model(data), new Shapes(data.cells.map(({ key }) => places.get(key)), map.options.crs)];
}

function showStatus(outbox) {
  const state = outbox.state;
  status.dataset.state = state;
  const words = ["unsaved", "closed"].includes(state) && !outbox.isSafe ? `${state}Here` : state;
  status.querySelector("span").textContent = say(words, { count: count(outbox.items.length) });
  status.querySelector("[data-act=again]").hidden = !["unsaved", "closed"].includes(state);
  status.querySelector("[data-act=discard]").hidden = state !== "closed";
  status.querySelector("[data-act=reload]").hidden = state !== "closed";
}

// What the outbox hears from the server, into the plan.
function listen(outbox, scene, reload) {
  const learn = (answer, own) => {
    if (answer.version === undefined) return;
    showFacts(answer);
    const strange = scene.model[own ? "taken" : "learn"](...(own ? [own, answer] : [answer]));
    const isOwn = own && answer.version === outbox.seen + 1;
    const lost = outbox.overtaken(isOwn ? [] : strange, answer.version);
    if (lost.length) scene.tell(say("overtaken", { cells: strange.slice(0, 5).join(", ") }));
    scene.model.expect(outbox.items);
    if (scene.model.isOutdated) reload();
  };
  outbox.addEventListener("taken", ({ detail: { item, said } }) => learn(said, item));
  outbox.addEventListener("refused", ({ detail: { said } }) => {
    learn(said);
    scene.model.expect(outbox.items);
    scene.tell(said.error ?? said.title ?? say("refused"));
  });
  outbox.addEventListener("state", () => showStatus(outbox));
  showStatus(outbox);
  return learn;
}

function followOthers(outbox, scene, learn) {
  const ask = async () => {
    if (!document.hidden && outbox.isEmpty) {
      const { seen } = outbox;
      const answer = await fetched(`${addresses.changes}?since=${seen}`).catch(() => null);
      if (answer && outbox.isEmpty && outbox.seen === seen && answer.version > seen && !scene.model.preview) learn(answer);
      else if (answer && answer.state !== scene.model.state) learn(answer);
    }
    setTimeout(ask, EVERY);
  };
  setTimeout(ask, EVERY);
}

function bindDeeds(scene) {
  const deeds = {
    undo: () => scene.turn("undo"),
    redo: () => scene.turn("redo"),
    lock: () => scene.lockChosen(),
    halve: () => scene.send("split", { cell: scene.keys(scene.chosen)[0], line: null }),
    merge: () => scene.send("merge", { cells: scene.keys(scene.chosen) }),
    clear: () => scene.choose([], "only"),
    give: () => scene.askManager(),
    all: () => scene.map.fitBounds(scene.shapes.bounds(scene.model.cells.keys())),
    again: () => (scene.outbox.state === "closed" ? scene.outbox.renew() : scene.outbox.send()),
    reload: () => window.location.reload(),
    discard: () => {
      scene.outbox.discard();
      scene.model.expect([]);
    },
    hush: () => scene.tell(""),
  };
  for (const deed of root.querySelectorAll("[data-act]")) deed.addEventListener("click", () => deeds[deed.dataset.act]?.());
  for (const choice of root.querySelectorAll("[name=colour]")) choice.addEventListener("change", () => scene.colourBy(choice.value));
  const tools = root.querySelectorAll("[data-tool]");
  const take = (tool) => {
    scene.hand.take(tool);
    for (const each of tools) each.setAttribute("aria-pressed", String(each.dataset.tool === tool));
    root.querySelector(".plan-hint").textContent = say(`hint-${tool}`);
    root.dispatchEvent(new CustomEvent("tool", { detail: tool }));
  };
  for (const each of tools) each.addEventListener("click", () => take(each.dataset.tool));
  take("choose");
  return { deeds, take };
}

// The address may name a cell (#cell=…): it is shown and chosen.
function showNamed(scene) {
  const cell = scene.model.atOf.get(new URLSearchParams(window.location.hash.slice(1)).get("cell"));
  if (cell === undefined) return;
  scene.zoomTo([cell], 4);
  scene.choose([cell], "only");
}

async function open() {
  const { map } = await drawMap(root.querySelector(".map"));
  map.setMaxZoom(19);
  map.boxZoom.disable();
  map.doubleClickZoom.disable();
  const [model, shapes] = await fetchPlan(map);
  const { plan, person, csrf } = root.dataset;
  const outbox = new Outbox({ plan, person, csrf, addresses, version: model.version });
  const scene = new Scene(map, outbox);
  scene.begin(model, shapes);
  if (model.cells.length) map.fitBounds(shapes.bounds(model.cells.keys()), { animate: false });
  let loading = null;
  const reload = () => (loading ??= fetchPlan(map).then(([fresh, drawn]) => {
    loading = null;
    outbox.know(fresh.version);
    scene.begin(fresh, drawn);
  }));
  const learn = listen(outbox, scene, reload);
  const { deeds, take } = bindDeeds(scene);
  bindLine(scene, take);
  bindBorder(scene, take);
  bindKeys(scene, deeds, take);
  bindOffers(scene, addresses, fetched);
  followHomes(scene, addresses);
  showNamed(scene);
  window.addEventListener("hashchange", () => showNamed(scene));
  outbox.send();
  followOthers(outbox, scene, learn);
  root.dataset.ready = "yes";
}

open().catch((error) => {
  root.querySelector(".plan-loading").hidden = true;
  root.querySelector(".plan-failed").hidden = false;
  throw error;
});
