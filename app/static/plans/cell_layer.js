// The cells of a plan on one canvas of Leaflet's. After an edit only what lies around the changed cells is painted anew.
import { token } from "../core/map_styles.js";
import { Shapes } from "./shapes.js";

const MARGIN = 8;
const SMALLEST_LINE = 10.5;

export const CellLayer = L.Renderer.extend({
  initialize(scene) {
    L.Renderer.prototype.initialize.call(this, { padding: 0.15 });
    this.scene = scene; // {model, colours, chosen, strays}
  },

  setShapes(shapes) {
    this.shapes = shapes;
    if (this._map) this._update();
  },

  _initContainer() {
    this._container = L.DomUtil.create("canvas", "plan-canvas");
    this._context = this._container.getContext("2d");
    this._hatch = this._hatched();
  },

  _destroyContainer() {
    this._container.remove();
  },

  _hatched() {
    const tile = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
    const pen = tile.getContext("2d");
    pen.strokeStyle = token("map-line");
    pen.lineWidth = 1.5;
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift, 8);
      pen.lineTo(shift + 8, 0);
    }
    pen.stroke();
    return this._context.createPattern(tile, "repeat");
  },

  _update() {
    if ((this._map._animatingZoom && this._bounds) || !this.shapes) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const dots = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this._container.width = dots * size.x;
    this._container.height = dots * size.y;
    this._container.style.width = `${size.x}px`;
    this._container.style.height = `${size.y}px`;
    this._ink = Object.fromEntries(["paper", "ink", "act", "map-line", "wrong-fill"].map((name) => [name, token(name)]));
    const zoom = this._map.getZoom();
    const scale = Shapes.scale(zoom);
    const start = this.shapes.origin.multiplyBy(scale).subtract(this._map.getPixelOrigin()).subtract(this._bounds.min);
    this._frame = { zoom, scale, dots, x: start.x, y: start.y, width: size.x, height: size.y };
    this._paint([0, 0, size.x, size.y]);
    this.fire("update");
  },

  // Paint again around these cells, with the next picture of the screen.
  repaint(cells) {
    if (!cells.length) return;
    this._dirty ??= new Set();
    for (const cell of cells) this._dirty.add(cell);
    this._waiting ??= requestAnimationFrame(() => {
      const dirty = this._dirty;
      [this._dirty, this._waiting] = [null, null];
      if (this._frame) this._repaint(dirty);
    });
  },

  _repaint(cells) {
    const { scale, x, y, width, height } = this._frame;
    const [a, b, c, d] = this.shapes.boxOf(cells);
    const box = [a * scale + x - MARGIN, b * scale + y - MARGIN, c * scale + x + MARGIN, d * scale + y + MARGIN];
    const cut = [Math.max(0, box[0]), Math.max(0, box[1]), Math.min(width, box[2]), Math.min(height, box[3])].map(Math.round);
    if (cut[0] < cut[2] && cut[1] < cut[3]) this._paint(cut);
  },

  repaintAll() {
    if (this._frame) this._paint([0, 0, this._frame.width, this._frame.height]);
  },

  _paint([left, top, right, bottom]) {
    const { _context: pen, _frame: { zoom, scale, dots, x, y }, shapes } = this;
    const { model } = this.scene;
    const toPlane = (px, py) => [(px - x) / scale, (py - y) / scale];
    const cells = shapes.around([...toPlane(left - MARGIN, top - MARGIN), ...toPlane(right + MARGIN, bottom + MARGIN)]);
    const paths = shapes.level(zoom, model.ends);
    pen.save();
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    pen.beginPath();
    pen.rect(left, top, right - left, bottom - top);
    pen.clip();
    pen.clearRect(left, top, right - left, bottom - top);
    pen.setTransform(dots * scale, 0, 0, dots * scale, dots * x, dots * y);
    this._fill(pen, cells, paths);
    this._lines(pen, cells, paths);
    this._over(pen, cells, paths);
    pen.restore();
  },

  _fill(pen, cells, { cells: paths }) {
    const { model, colours } = this.scene;
    const strong = colours.by === "load" ? 0.9 : 0.7;
    pen.globalAlpha = strong;
    for (const cell of cells) {
      pen.fillStyle = colours.colourOf(model.manager[cell]);
      pen.fill(paths[cell], "evenodd");
    }
    pen.globalAlpha = 0.6;
    this._hatch.setTransform(new DOMMatrix().scale(1 / (this._frame.scale)));
    pen.fillStyle = this._hatch;
    for (const cell of cells) if (model.locked[cell]) pen.fill(paths[cell], "evenodd");
    pen.globalAlpha = 1;
  },

  _lines(pen, cells, { cells: paths, borders }) {
    const { zoom, scale } = this._frame;
    const { manager, near } = this.scene.model;
    pen.strokeStyle = this._ink["map-line"];
    pen.lineJoin = "round";
    if (zoom >= SMALLEST_LINE) {
      pen.lineWidth = 0.6 / scale;
      for (const cell of cells) pen.stroke(paths[cell]);
    }
    pen.strokeStyle = this._ink.ink;
    pen.lineWidth = (zoom >= SMALLEST_LINE ? 2 : 0.8) / scale;
    for (const cell of cells) {
      for (const [other, edge] of near[cell]) {
        if (manager[cell] !== manager[other] && (cell < other || !cells.has(other)) && borders[edge]) pen.stroke(borders[edge]);
      }
    }
  },

  // What stands over the cells: parts that have come off, cells that are chosen, and a dot on those that have moved.
  _over(pen, cells, { cells: paths }) {
    const { scale } = this._frame;
    const { model, chosen, strays } = this.scene;
    const outline = (set, colour, width, tint) => {
      for (const [line, own] of [[this._ink.paper, width + 2], [colour, width]]) {
        pen.strokeStyle = line;
        pen.lineWidth = own / scale;
        for (const cell of set) if (cells.has(cell)) pen.stroke(paths[cell]);
      }
      pen.fillStyle = colour;
      pen.globalAlpha = tint;
      for (const cell of set) if (cells.has(cell)) pen.fill(paths[cell], "evenodd");
      pen.globalAlpha = 1;
    };
    outline(strays, this._ink["wrong-fill"], 3, 0.15);
    outline(chosen, this._ink.act, 2.5, 0.3);
    pen.strokeStyle = this._ink.paper;
    pen.fillStyle = this._ink.ink;
    pen.lineWidth = 1.5 / scale;
    const radius = 3.5 / scale;
    for (const cell of cells) {
      const [a, , c] = this.shapes.boxes[cell];
      if (model.manager[cell] === model.base[cell] || (c - a) * scale < 14) continue;
      pen.beginPath();
      pen.arc(...this.shapes.middles[cell], radius, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
    }
  },
});
