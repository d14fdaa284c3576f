// How maps look: what a feature is coloured by, and the legend that says so. Colours of the page come from its style,
// so that maps follow the theme; those of beats and loads are told apart by the colour-blind too.
const LOAD = [[0.7, "#542788"], [0.85, "#998ec3"], [0.95, "#d8daeb"], [1.05, "#f7f7f7"], [1.15, "#fee0b6"], [1.3, "#f1a340"]];
const OVER = "#b35806";
export const BEATS = ["#88ccee", "#cc6677", "#ddcc77", "#117733", "#332288", "#aa4499", "#44aa99", "#999933", "#882255"];
export const NOBODY_COLOUR = "#b8c0c8";

const page = getComputedStyle(document.documentElement); // always as the page is: what costs is asking for it anew
export const token = (name) => page.getPropertyValue(`--${name}`).trim();

export function colourOfLoad(load) {
  if (load === null || load === undefined) return NOBODY_COLOUR;
  return (LOAD.find(([limit]) => load < limit) ?? [0, OVER])[1];
}

// Beats whose bounds meet take different colours, as far as nine suffice; a beat keeps its colour.
const beats = new Map();
const colourOfBeat = (manager) => beats.get(manager)?.colour ?? NOBODY_COLOUR;

function widen(bounds, coordinates) {
  const [x, y] = coordinates;
  if (typeof x !== "number") {
    for (const part of coordinates) widen(bounds, part);
    return;
  }
  if (x < bounds[0]) bounds[0] = x;
  if (y < bounds[1]) bounds[1] = y;
  if (x > bounds[2]) bounds[2] = x;
  if (y > bounds[3]) bounds[3] = y;
}

export function learnBeats(features) {
  for (const { properties, geometry } of features) {
    if (!properties.manager) continue;
    const beat = beats.get(properties.manager) ?? { bounds: [180, 90, -180, -90] };
    beats.set(properties.manager, beat);
    widen(beat.bounds, geometry.coordinates);
  }
  const meet = (one, other) => one[0] <= other[2] && other[0] <= one[2] && one[1] <= other[3] && other[1] <= one[3];
  for (const beat of beats.values()) {
    if (beat.colour) continue;
    const uses = new Map(BEATS.map((colour) => [colour, 0]));
    for (const other of beats.values()) {
      if (other.colour) uses.set(other.colour, uses.get(other.colour) + (meet(beat.bounds, other.bounds) ? 1000 : 1));
    }
    beat.colour = [...uses].reduce((best, next) => (next[1] < best[1] ? next : best))[0];
  }
}

const outlined = (fillColor, fillOpacity, weight = 1) => ({ color: token("map-line"), weight, fillColor, fillOpacity });

export const STYLES = {
  beat: ({ properties }) => outlined(colourOfBeat(properties.manager), 0.65, 0.7),
  load: ({ properties }) => outlined(colourOfLoad(properties.load), 0.85, 0.7),
  quiet: () => ({ color: token("quiet"), weight: 1, fillColor: token("paper"), fillOpacity: 0.35 }),
  chosen: () => ({ color: token("act"), weight: 3, fillColor: token("act"), fillOpacity: 0.15 }),
  border: () => ({ color: token("ink"), weight: 2, fill: false, interactive: false }),
  fault: ({ properties }) => {
    const color = token(properties.kind === "multipart" ? "over-fill" : "wrong-fill");
    return { color, weight: 2, fillColor: color, fillOpacity: 0.4 };
  },
  box: ({ properties }) => ({ radius: 1.5 + Math.sqrt(properties.count ?? 1) / 2, stroke: false, fillColor: token("ink"), fillOpacity: 0.6 }),
  mark: ({ properties }) => ({
    radius: 4 + 2 * Math.log10(properties.count ?? 1), color: token("paper"), weight: 1.5, fillColor: token("wrong-fill"), fillOpacity: 1,
  }),
};

const MOST_NAMES = BEATS.length;
const percent = (share) => `${Math.round(share * 100)} %`;

function rowsOf(style, shown, words) {
  const nobody = shown.some(({ manager }) => !manager) ? [[NOBODY_COLOUR, words.nobody]] : [];
  if (style === "beat") {
    const managers = [...new Set(shown.map(({ manager }) => manager).filter(Boolean))];
    if (managers.length > MOST_NAMES) return [[null, words.beats], ...nobody];
    return [...managers.map((manager) => [colourOfBeat(manager), manager]), ...nobody];
  }
  const limits = LOAD.map(([limit]) => limit);
  const classes = LOAD.map(([limit, colour], at) => [colour, at ? `${percent(limits[at - 1])} – ${percent(limit)}` : `< ${percent(limit)}`]);
  return [[null, words.loads], ...classes, [OVER, `> ${percent(limits.at(-1))}`], ...nobody];
}

// The legend of what is shown (properties of cells), as the inside of a details element.
export function fillLegend(box, style, shown, words) {
  const list = document.createElement("ul");
  for (const [colour, text] of rowsOf(style, shown, words)) {
    const row = list.appendChild(document.createElement("li"));
    if (colour) row.appendChild(document.createElement("i")).style.background = colour;
    row.append(text);
  }
  box.querySelector("ul")?.remove();
  box.append(list);
}
