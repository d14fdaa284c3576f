// The tool in hand, and what the pointer does with it on the map: mouse, pen and finger alike.
import { Border, Box, Brush, Lasso, borderAt } from "./gestures.js";

// Tools in whose hand a drag moves the map.
const PANS = ["choose", "line", "shape"];

export class Hand {
  constructor(scene) {
    this.scene = scene;
    this.tool = "choose";
    this.gesture = null;
    this.map = scene.map;
    this.frame = scene.map.getContainer();
    this.pointers = new Set();
    this.frame.addEventListener("pointerdown", (event) => this.#down(event), true);
    this.frame.addEventListener("pointermove", (event) => this.#move(event));
    for (const kind of ["pointerup", "pointercancel"]) window.addEventListener(kind, (event) => this.#up(event));
    this.map.on("click", (event) => this.#click(event));
    this.map.on("contextmenu", (event) => this.#menu(event));
  }

  take(tool) {
    this.cancel();
    this.tool = tool;
    this.frame.dataset.tool = tool;
    this.map.dragging[PANS.includes(tool) ? "enable" : "disable"]();
  }

  // Esc: what the hand is about to do is not done. Says whether it was about to do anything.
  cancel() {
    const gesture = this.gesture;
    this.#release();
    gesture?.cancel();
    return Boolean(gesture);
  }

  #begin(event, point) {
    const { scene } = this;
    const changes = event.ctrlKey || event.metaKey || event.altKey;
    if (this.tool === "brush") return new Brush(scene, point, changes);
    if (this.tool === "lasso") return new Lasso(scene, point, event.shiftKey);
    if (this.tool === "box" || (this.tool === "choose" && event.shiftKey)) return new Box(scene, point, event.shiftKey);
    const mayDrag = this.tool === "border" || (this.tool === "choose" && event.pointerType === "mouse");
    const border = mayDrag && scene.model.isDraft && borderAt(scene, point);
    return border ? new Border(scene, point, border) : null;
  }

  #down(event) {
    this.pointers.add(event.pointerId);
    this.swallows = false;
    if (this.pointers.size > 1) return void this.cancel(); // two fingers move the map
    if (event.button !== 0 || !this.scene.shapes || event.target.closest(".leaflet-control, .leaflet-popup, .plan-menu")) return;
    const point = this.map.mouseEventToContainerPoint(event);
    this.gesture = this.#begin(event, point);
    if (!this.gesture) return;
    this.start = point;
    this.map.dragging.disable();
    this.swallows = this.tool === "brush";
  }

  #move(event) {
    if (event.target.closest?.(".leaflet-control")) return;
    const point = this.map.mouseEventToContainerPoint(event);
    if (this.gesture) {
      if (!this.swallows && point.distanceTo(this.start) < 3) return;
      this.swallows = true;
      this.gesture.move(point);
    } else if (event.pointerType === "mouse" && !event.buttons && this.scene.shapes) {
      const grips = ["choose", "border"].includes(this.tool) && this.scene.model.isDraft && borderAt(this.scene, point) !== null;
      this.frame.classList.toggle("plan-on-border", grips);
    }
  }

  #up(event) {
    this.pointers.delete(event.pointerId);
    const gesture = this.gesture;
    this.#release();
    if (event.type === "pointercancel") gesture?.cancel();
    else gesture?.end();
  }

  #release() {
    if (!this.gesture) return;
    this.gesture = null;
    if (PANS.includes(this.tool)) this.map.dragging.enable();
  }

  #click({ containerPoint, originalEvent }) {
    if (this.swallows || !this.scene.shapes || ["line", "shape", "brush"].includes(this.tool)) return;
    const cell = this.scene.cellAt(containerPoint);
    if (originalEvent.shiftKey || originalEvent.ctrlKey || originalEvent.metaKey) {
      if (cell >= 0) this.scene.choose([cell], this.scene.chosen.has(cell) ? "remove" : "add");
    } else {
      this.scene.choose(cell < 0 ? [] : [cell], "only");
    }
  }

  #menu({ containerPoint, originalEvent }) {
    originalEvent.preventDefault();
    if (!this.scene.shapes) return;
    const cell = this.scene.cellAt(containerPoint);
    if (cell < 0) return;
    if (!this.scene.chosen.has(cell)) this.scene.choose([cell], "only");
    this.scene.openMenu(containerPoint);
  }
}
