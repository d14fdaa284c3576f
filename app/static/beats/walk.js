// The beat on foot: the list narrows while one types, the nearest boxes come first, and the map shows the same boxes.
// All of it happens on this device; the position is sent nowhere.
import { drawMap } from "../core/map.js";
import { token } from "../core/map_styles.js";

const LONGEST_STRIDE = 300;
const beat = document.querySelector(".beat");
const walk = beat.querySelector(".walk");
const said = beat.querySelector(".beat-said");
const field = beat.querySelector("[name=text]");
const near = beat.querySelector("button[data-near]");
const frame = beat.querySelector(".map");
const stops = [...beat.querySelectorAll(".stop")];
const homes = new Map(stops.map((stop) => [stop, stop.parentElement]));
const number = new Intl.NumberFormat(document.documentElement.lang);
let map = null;
let you = null;

const placeOf = (stop) => stop.dataset.lat && [Number(stop.dataset.lat), Number(stop.dataset.lon)];
const words = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

// What is typed is looked for in what stands in the list; the button asks the server, which knows the names too.
const texts = new Map(stops.map((stop) => [stop, `${stop.closest(".stretch").querySelector("h3").textContent} ${stop.textContent}`.toLowerCase()]));

function narrow() {
  const parts = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const stop of stops) stop.hidden = !parts.every((part) => texts.get(stop).includes(part));
  for (const stretch of walk.querySelectorAll(".stretch")) stretch.hidden = !stretch.querySelector(".stop:not([hidden])");
  said.textContent = words(said.dataset.shown, { count: number.format(stops.filter((stop) => !stop.hidden).length) });
}

function byWalk() {
  walk.querySelector(".walk-near")?.remove();
  for (const stop of stops) {
    homes.get(stop).append(stop);
    stop.querySelector(".stop-away").textContent = "";
  }
  for (const stretch of walk.querySelectorAll(".stretch")) stretch.hidden = !stretch.querySelector(".stop:not([hidden])");
  near.setAttribute("aria-pressed", "false");
  said.textContent = "";
  you?.remove();
}

function byDistance({ coords }) {
  const here = L.latLng(coords.latitude, coords.longitude);
  const away = new Map(stops.map((stop) => [stop, placeOf(stop) ? here.distanceTo(placeOf(stop)) : Infinity]));
  const list = walk.querySelector(".walk-near") ?? walk.appendChild(Object.assign(document.createElement("ol"), { className: "walk-near" }));
  list.append(...[...stops].sort((one, other) => away.get(one) - away.get(other)));
  for (const stop of stops) {
    const metres = away.get(stop);
    stop.querySelector(".stop-away").textContent = Number.isFinite(metres) ? words(walk.dataset.away, { metres: number.format(Math.round(metres)) }) : "";
  }
  for (const stretch of walk.querySelectorAll(".stretch")) stretch.hidden = true;
  near.setAttribute("aria-pressed", "true");
  said.textContent = words(said.dataset.near, { metres: number.format(Math.round(coords.accuracy)) });
  you = L.featureGroup([
    L.circle(here, { radius: coords.accuracy, color: token("ink"), weight: 1, fillColor: token("ink"), fillOpacity: 0.08 }),
    L.circleMarker(here, { radius: 9, color: token("paper"), weight: 3, fillColor: token("ink"), fillOpacity: 1 }).bindTooltip(frame?.dataset.you ?? ""),
  ]);
  showYou();
}

function showYou() {
  if (!map || !you || near.getAttribute("aria-pressed") !== "true") return;
  you.addTo(map);
  const closest = L.latLngBounds([you.getLayers()[1].getLatLng()]);
  for (const stop of [...walk.querySelectorAll(".walk-near .stop:not([hidden])")].slice(0, 5)) if (placeOf(stop)) closest.extend(placeOf(stop));
  map.fitBounds(closest.pad(0.3), { maxZoom: 18 });
}

function findYou() {
  if (near.getAttribute("aria-pressed") === "true") return byWalk();
  said.textContent = said.dataset.asking;
  const failed = ({ code }) => (said.textContent = code === 1 ? said.dataset.refused : said.dataset.unknown);
  return navigator.geolocation.getCurrentPosition(byDistance, failed, { enableHighAccuracy: true, timeout: 15000, maximumAge: 10000 });
}

function openInList(stop) {
  show("list");
  if (stop.hidden) {
    field.value = "";
    narrow();
  }
  const details = stop.querySelector("details");
  if (details) details.open = true;
  stop.scrollIntoView({ block: "center" });
  (stop.querySelector("summary") ?? stop).focus();
}

// The way without the long strides: from one hamlet to the next nobody walks in a straight line.
function inStretches(way) {
  return way.reduce((parts, place) => {
    const former = parts.at(-1)?.at(-1);
    if (former && L.latLng(former).distanceTo(place) < LONGEST_STRIDE) parts.at(-1).push(place);
    else parts.push([place]);
    return parts;
  }, []);
}

function popupOf(stop) {
  const box = document.createElement("div");
  for (const part of [".stop-place", ".stop-number", ".stop-count"]) box.appendChild(document.createElement("div")).textContent = stop.querySelector(part).textContent;
  const open = box.appendChild(Object.assign(document.createElement("button"), { className: "btn btn-outline-primary btn-sm", textContent: frame.dataset.open }));
  open.addEventListener("click", () => openInList(stop));
  return box;
}

async function draw() {
  if (!frame || map || frame.offsetParent === null || frame.dataset.drawn !== undefined) return;
  const drawn = await drawMap(frame);
  drawn.popups.isOn = false;
  for (const home of new Set(homes.values())) {
    const way = stops.filter((stop) => homes.get(stop) === home).map(placeOf).filter(Boolean);
    L.polyline(inStretches(way), { color: token("quiet"), weight: 1.5, dashArray: "4 4", interactive: false }).addTo(drawn.map);
  }
  for (const stop of stops.filter(placeOf)) {
    L.circleMarker(placeOf(stop), { radius: 6, color: token("paper"), weight: 1.5, fillColor: token("act"), fillOpacity: 0.95 }).bindPopup(() => popupOf(stop)).addTo(drawn.map);
  }
  map = drawn.map;
  frame.dataset.boxes = stops.filter(placeOf).length;
  showYou();
}

function show(view) {
  if (beat.dataset.view === view) return;
  beat.dataset.view = view;
  for (const link of document.querySelectorAll(".beat-views a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const address = new URL(window.location.href);
  address.searchParams.set("view", view);
  history.replaceState(history.state, "", address);
  draw();
}

document.querySelector(".beat-views").addEventListener("click", (event) => {
  const link = event.target.closest("a[data-view]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link.dataset.view);
});
if (walk) {
  field.addEventListener("input", narrow);
  if (navigator.geolocation) {
    near.hidden = false;
    near.addEventListener("click", findYou);
  }
}
window.addEventListener("resize", draw);
draw();
