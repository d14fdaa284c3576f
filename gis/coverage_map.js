const [codes, households, managerOf, stationOf] = data.properties;
const [CODE, NAME, PHONE, LOAD, TARGET, COLOUR, LOAD_COLOUR] = [0, 1, 2, 3, 4, 5, 6];
const labels = data.labels;
const number = (value) => Number(value).toLocaleString();
let mode = data.by;

map.attributionControl.remove();
L.control.scale({ imperial: false }).addTo(map);

const colourOf = (index) => {
  const manager = data.managers[managerOf[index]];
  return manager ? manager[mode === "load" ? LOAD_COLOUR : COLOUR] : data.nobody;
};
const style = (feature) => ({ color: "#4a5866", weight: 0.6, fillColor: colourOf(feature.id), fillOpacity: 0.72 });

function facts(rows) {
  const list = document.createElement("dl");
  list.className = "popup";
  for (const [term, text, link] of rows) {
    const dt = list.appendChild(document.createElement("dt"));
    const dd = list.appendChild(document.createElement("dd"));
    dt.textContent = term;
    const target = link ? dd.appendChild(document.createElement("a")) : dd;
    target.textContent = text;
    if (link) target.href = link;
  }
  return list;
}

function describe(layer) {
  const index = layer.feature.id;
  const manager = data.managers[managerOf[index]];
  const rows = [[labels.cell, codes[index]], [labels.station, data.stations[stationOf[index]] ?? ""]];
  if (manager) {
    rows.push([labels.manager, `${manager[NAME]} ${manager[CODE]}`]);
    if (manager[PHONE]) rows.push([labels.phone, manager[PHONE], `tel:${manager[PHONE]}`]);
    rows.push([labels.load, `${number(manager[LOAD])} / ${number(manager[TARGET])}`]);
  } else {
    rows.push([labels.manager, labels.nobody]);
  }
  rows.push([labels.households, number(households[index])]);
  return facts(rows);
}

const features = data.shapes.map((geometry, id) => ({ type: "Feature", id, properties: {}, geometry }));
const cells = L.geoJSON(features, { style }).bindPopup(describe).addTo(map);

map.createPane("outlines").style.zIndex = 450;
map.getPane("outlines").style.pointerEvents = "none";
map.createPane("marks").style.zIndex = 460;
const stations = L.geoJSON(
  data.outlines.map((geometry) => ({ type: "Feature", properties: {}, geometry })),
  { pane: "outlines", interactive: false, style: { color: "#1d2733", weight: 2, fill: false } },
).addTo(map);
const over = L.svg({ pane: "marks" }); // a canvas would take the clicks that are meant for the cells under it
const marks = L.layerGroup(
  data.uncovered.map(([lon, lat, count]) =>
    L.circleMarker([lat, lon], {
      renderer: over, pane: "marks", radius: 4 + 2 * Math.log10(count), color: "#fff", weight: 1, fillColor: "#e6007e", fillOpacity: 1,
    }).bindPopup(() => facts([[labels.uncovered, number(count)]])),
  ),
).addTo(map);

const legend = L.control({ position: "bottomright" });
legend.onAdd = () => {
  const box = L.DomUtil.create("div", "panel legend");
  const row = (colour, text) => {
    const line = box.appendChild(document.createElement("div"));
    line.appendChild(document.createElement("i")).style.background = colour;
    line.append(text);
  };
  const percent = (limit) => `${Math.round(limit * 100)} %`;
  if (mode === "load") {
    box.append(`${labels.load} / ${labels.target}`);
    data.loadColours.forEach((colour, index) => {
      const low = data.loadLimits[index - 1];
      const high = data.loadLimits[index];
      row(colour, low === undefined ? `< ${percent(high)}` : high === undefined ? `> ${percent(low)}` : `${percent(low)} – ${percent(high)}`);
    });
  }
  if (managerOf.some((position) => position < 0)) row(data.nobody, labels.nobody);
  if (data.uncovered.length) row("#e6007e", labels.uncovered);
  if (!box.childNodes.length) box.style.display = "none";
  return box;
};
legend.addTo(map);

function choose(wanted) {
  mode = wanted;
  cells.setStyle(style);
  legend.remove();
  legend.addTo(map);
}
const byManager = L.layerGroup().on("add", () => choose("manager"));
const byLoad = L.layerGroup().on("add", () => choose("load"));
(mode === "load" ? byLoad : byManager).addTo(map);
L.control
  .layers(
    { [labels.by_manager]: byManager, [labels.by_load]: byLoad },
    { [labels.stations]: stations, [labels.uncovered]: marks },
    { collapsed: false },
  )
  .addTo(map);
