// The cells of a plan on canvases of Leaflet's. After an edit only what lies around the changed cells is painted anew.
import { token } from "../core/map_styles.js";
import { Shapes } from "./shapes.js";

const MARGIN = 8;
const SMALLEST_LINE = 10.5;
const SQUARE = 160;
// So many chosen cells are tinted and not outlined.
const MANY = 250;

export const CellLayer = L.Renderer.extend({
  initialize(scene) {
    L.Renderer.prototype.initialize.call(this, { padding: 0.15 });
    this.scene = scene; // {model, colours, chosen, strays}
  },

  setShapes(shapes) {
    this.shapes = shapes;
    if (this._map) this._update();
  },

  // Two sheets, one over the other: the cells, and what stands over them, which changes with every move of a hand.
  _initContainer() {
    this._container = L.DomUtil.create("div");
    const sheet = (draw) => {
      const canvas = L.DomUtil.create("canvas", "plan-canvas", this._container);
      return { canvas, pen: canvas.getContext("2d"), draw, dirty: new Set() };
    };
    this._cells = sheet((...given) => (this._fill(...given), this._lines(...given)));
    this._marks = sheet((...given) => this._over(...given));
    this._sheets = [this._cells, this._marks];
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
    return this._cells.pen.createPattern(tile, "repeat");
  },

  _update() {
    if ((this._map._animatingZoom && this._bounds) || !this.shapes) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const dots = window.devicePixelRatio || 1;
    L.DomUtil.setPosition(this._container, this._bounds.min);
    for (const { canvas } of this._sheets) {
      canvas.width = dots * size.x;
      canvas.height = dots * size.y;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    this._ink = Object.fromEntries(["paper", "ink", "act", "map-line", "wrong-fill"].map((name) => [name, token(name)]));
    const zoom = this._map.getZoom();
    const scale = Shapes.scale(zoom);
    const start = this.shapes.origin.multiplyBy(scale).subtract(this._map.getPixelOrigin()).subtract(this._bounds.min);
    this._frame = { zoom, scale, dots, x: start.x, y: start.y, width: size.x, height: size.y };
    this.repaintAll();
    this.fire("update");
  },

  // Paint again around these cells, with the next picture of the screen.
  repaint(cells) {
    this._soil(cells, this._sheets);
  },

  // The same, where only what stands over the cells differs.
  remark(cells) {
    this._soil(cells, [this._marks]);
  },

  _soil(cells, sheets) {
    if (!cells.length) return;
    for (const { dirty } of sheets) for (const cell of cells) dirty.add(cell);
    this._waiting ??= requestAnimationFrame(() => {
      this._waiting = null;
      for (const sheet of this._sheets) {
        const dirty = sheet.dirty;
        sheet.dirty = new Set();
        if (this._frame) for (const part of this._parts(dirty)) this._repaint(sheet, part);
      }
    });
  },

  // Cells that begin in the same square of the screen: little more is painted than what has changed.
  _parts(cells) {
    const { scale } = this._frame;
    const parts = new Map();
    for (const cell of cells) {
      const [x, y] = this.shapes.boxes[cell];
      const square = Math.floor((x * scale) / SQUARE) * 2 ** 20 + Math.floor((y * scale) / SQUARE);
      if (parts.has(square)) parts.get(square).push(cell);
      else parts.set(square, [cell]);
    }
    return parts.values();
  },

  _repaint(sheet, cells) {
    const { scale, x, y, width, height } = this._frame;
    const [a, b, c, d] = this.shapes.boxOf(cells);
    const box = [a * scale + x - MARGIN, b * scale + y - MARGIN, c * scale + x + MARGIN, d * scale + y + MARGIN];
    const cut = [Math.max(0, box[0]), Math.max(0, box[1]), Math.min(width, box[2]), Math.min(height, box[3])].map(Math.round);
    if (cut[0] < cut[2] && cut[1] < cut[3]) this._paint(sheet, cut);
  },

  repaintAll() {
    if (this._frame) for (const sheet of this._sheets) this._paint(sheet, [0, 0, this._frame.width, this._frame.height]);
  },

  _paint({ pen, draw }, [left, top, right, bottom]) {
    const { _frame: { zoom, scale, dots, x, y }, shapes } = this;
    const { model } = this.scene;
    const toPlane = (px, py) => [(px - x) / scale, (py - y) / scale];
    const cells = shapes.around([...toPlane(left - MARGIN, top - MARGIN), ...toPlane(right + MARGIN, bottom + MARGIN)]);
    pen.save();
    pen.setTransform(dots, 0, 0, dots, 0, 0);
    pen.beginPath();
    pen.rect(left, top, right - left, bottom - top);
    pen.clip();
    pen.clearRect(left, top, right - left, bottom - top);
    pen.setTransform(dots * scale, 0, 0, dots * scale, dots * x, dots * y);
    draw(pen, cells, shapes.level(zoom, model.ends));
    pen.restore();
  },

  _fill(pen, cells, paths) {
    const { model, colours } = this.scene;
    const strong = colours.by === "load" ? 0.9 : 0.7;
    pen.globalAlpha = strong;
    for (const cell of cells) {
      pen.fillStyle = colours.colourOf(model.manager[cell]);
      pen.fill(paths.cell(cell), "evenodd");
    }
    pen.globalAlpha = 0.6;
    this._hatch.setTransform(new DOMMatrix().scale(1 / (this._frame.scale)));
    pen.fillStyle = this._hatch;
    for (const cell of cells) if (model.locked[cell]) pen.fill(paths.cell(cell), "evenodd");
    pen.globalAlpha = 1;
  },

  _lines(pen, cells, paths) {
    const { zoom, scale } = this._frame;
    const { manager, near } = this.scene.model;
    pen.strokeStyle = this._ink["map-line"];
    pen.lineJoin = "round";
    if (zoom >= SMALLEST_LINE) {
      pen.lineWidth = 0.6 / scale;
      for (const cell of cells) pen.stroke(paths.cell(cell));
    }
    pen.strokeStyle = this._ink.ink;
    pen.lineWidth = (zoom >= SMALLEST_LINE ? 2 : 0.8) / scale;
    for (const cell of cells) {
      for (const [other, edge] of near[cell]) {
        if (manager[cell] !== manager[other] && (cell < other || !cells.has(other))) pen.stroke(paths.border(edge));
      }
    }
  },

  // What stands over the cells: parts that have come off, cells that are chosen, and a dot on those that have moved.
  _over(pen, cells, paths) {
    const { scale } = this._frame;
    const { model, chosen, strays } = this.scene;
    const outline = (set, colour, width, tint) => {
      const here = [...(cells.size < set.size ? cells : set)].filter((cell) => cells.has(cell) && set.has(cell));
      for (const [line, own] of set.size > MANY ? [] : [[this._ink.paper, width + 2], [colour, width]]) {
        pen.strokeStyle = line;
        pen.lineWidth = own / scale;
        for (const cell of here) pen.stroke(paths.cell(cell));
      }
      pen.fillStyle = colour;
      pen.globalAlpha = set.size > MANY ? 0.55 : tint;
      for (const cell of here) pen.fill(paths.cell(cell), "evenodd");
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
