// Sphere view: one store per model (shared by all its views), one view per place it is shown.

import { drags } from "./touch.js";
import { DensityImage, camera, layout, paintBall, paintHeads, ramp, strokeTails, tailPaths, unpackGrid } from "./sphere_paint.js";
import { arrowsOf, notesOf, paintArrows, paintLabels, paintLegend, paintNotes, paintPrecession } from "./sphere_marks.js";

const STEP = Math.PI / 36; // one press of an arrow key
const MAX_RATIO = 3; // device pixels per CSS pixel beyond which nothing is gained

// ---- data shared by the views of one model --------------------------------------------------------

class Store {
  constructor() {
    this.views = new Set();
    this.grid = null;
    this.tails = { k: 0, capacity: 1, data: new Float32Array(0), count: 0, head: 0 };
    this.pushes = 0;
  }

  invalidate(still) {
    this.views.forEach((view) => view.invalidate(still));
  }

  readDensity(model) {
    this.grid = unpackGrid(model.get("density"));
    this.invalidate(true);
  }

  clear() {
    this.tails.count = this.tails.head = 0;
    this.invalidate(true); // the legend too
  }

  /** Append frames to the ring; a change of the number of trajectories or of the length starts anew. */
  push({ trajectories, frames }, buffer, capacity) {
    if (!buffer || buffer.byteLength !== 12 * trajectories * frames || frames === 0) return;
    const bytes = buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
    const points = new Float32Array(bytes); // (trajectories, frames, 3); the copy is aligned
    let tails = this.tails;
    if (tails.k !== trajectories || tails.capacity !== capacity) {
      const data = new Float32Array(3 * trajectories * capacity);
      tails = this.tails = { k: trajectories, capacity, data, count: 0, head: 0 };
    }
    for (let i = Math.max(0, frames - capacity); i < frames; i += 1) {
      for (let k = 0; k < trajectories; k += 1) {
        const from = 3 * (k * frames + i);
        tails.data.set(points.subarray(from, from + 3), 3 * (k * capacity + tails.head));
      }
      tails.head = (tails.head + 1) % capacity;
      tails.count = Math.min(tails.count + 1, capacity);
    }
    this.invalidate(this.pushes === 0 || tails.count <= frames);
    this.pushes += 1;
  }
}

// ---- theme and colours ----------------------------------------------------------------------------

const prefersDark = () => window.matchMedia("(prefers-color-scheme: dark)");
const prefersStill = () => window.matchMedia("(prefers-reduced-motion: reduce)");

/** The trait wins, then the app around the view, then the notebook page, then the system. */
function resolveTheme(el, wanted) {
  if (wanted === "light" || wanted === "dark") return wanted;
  const app = el.closest(".slls-app[data-theme]")?.dataset.theme;
  if (app === "light" || app === "dark") return app;
  const page = document.body.dataset.jpThemeLight;
  if (page) return page === "true" ? "light" : "dark";
  return prefersDark().matches ? "dark" : "light";
}

function readColours(el) {
  const style = getComputedStyle(el);
  const read = (name) => style.getPropertyValue(`--sphere-${name}`).trim() || "#808080";
  const names = ["surface", "ink", "dim", "ball", "shine", "shade", "torque", "damping"];
  const colours = Object.fromEntries(names.map((name) => [name, read(name)]));
  return {
    ...colours,
    field: colours.ink,
    precession: colours.ink,
    tails: [1, 2, 3, 4, 5].map((k) => read(`tail-${k}`)),
    ramp: ramp(colours.ball, read("accent")),
    family: style.fontFamily || "system-ui, sans-serif",
  };
}

// ---- one view -------------------------------------------------------------------------------------

class View {
  constructor(model, el, store) {
    Object.assign(this, { model, el, store, frames: 0, drawMs: 0, request: 0, visible: true, phase: 0, size: [0, 0] });
    this.densityImage = new DensityImage();
    this.still = document.createElement("canvas");
    this.undo = [];
    this.build();
    this.observe();
    store.views.add(this);
    this.refreshTheme();
    this.invalidate(true);
  }

  build() {
    this.el.classList.add("slls-sphere-canvas");
    this.stage = document.createElement("div");
    this.stage.className = "slls-sphere-stage";
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    this.handle = document.createElement("div");
    this.handle.className = "slls-sphere-handle";
    this.handle.tabIndex = 0;
    // JupyterLab would take the arrow keys to move between cells.
    this.handle.dataset.lmSuppressShortcuts = "true";
    // "application": a screen reader then hands the arrow keys to the view instead of to its cursor.
    this.handle.setAttribute("role", "application");
    this.handle.setAttribute("aria-roledescription", "sphere that can be turned with the arrow keys");
    this.stage.append(this.canvas, this.handle);
    this.el.replaceChildren(this.stage);
    this.refreshLabel();
  }

  /** Subscribe, and remember how to let go. */
  on(target, name, listener, options) {
    if (target === this.model) target.on(name, listener);
    else target.addEventListener(name, listener, options);
    this.undo.push(() => (target === this.model ? target.off(name, listener) : target.removeEventListener(name, listener, options)));
  }

  observe() {
    const { model, handle } = this;
    const still = () => this.invalidate(true);
    const theme = () => this.refreshTheme();
    for (const name of ["view", "vectors"]) this.on(model, `change:${name}`, still);
    this.on(model, "change:label", () => this.refreshLabel());
    this.on(model, "change:theme", theme);
    this.on(prefersDark(), "change", theme);
    this.on(window, "resize", still); // page zoom changes the pixel ratio
    // A printer does not wait for the next frame.
    this.on(this.el, "slls-draw", () => [this.refreshTheme(), this.draw()]);
    drags(handle, {
      start: (event) => this.grab(event),
      move: (event) => this.drag(event),
      end: (event, still) => this.release(still && event),
      undo: () => {
        this.turnTo(this.grabbed.view, false);
        this.release();
      },
    });
    this.on(handle, "keydown", (event) => this.key(event));
    this.on(handle, "dblclick", () => this.turnTo(this.model.get("home"), true));

    const attributes = new MutationObserver(theme);
    attributes.observe(document.documentElement, {
      subtree: true,
      attributeFilter: ["data-jp-theme-light", "data-theme"],
    });
    const size = new ResizeObserver(([entry]) => {
      // Kept, since asking the page while drawing would make it lay itself out in the middle of a frame.
      this.size = [entry.contentRect.width, entry.contentRect.height].map(Math.round);
      this.zoom = this.stage.currentCSSZoom ?? 1;
      this.refreshTheme(); // the view may just have been put into the app
      this.invalidate(true);
    });
    size.observe(this.stage);
    const sight = new IntersectionObserver(([entry]) => {
      this.visible = entry.isIntersecting;
      if (this.visible) this.schedule();
    });
    sight.observe(this.stage);
    this.undo.push(() => [attributes, size, sight].forEach((observer) => observer.disconnect()));
  }

  remove() {
    cancelAnimationFrame(this.request);
    clearTimeout(this.saving);
    this.undo.forEach((undo) => undo());
    this.store.views.delete(this);
  }

  refreshLabel() {
    this.handle.setAttribute("aria-label", this.model.get("label"));
  }

  refreshTheme() {
    const theme = resolveTheme(this.el, this.model.get("theme"));
    if (this.el.dataset.theme !== theme) this.el.dataset.theme = theme;
    this.colours = null; // read again when next drawn: a page's own properties may have changed with it
    this.invalidate(true);
  }

  // ---- turning ------------------------------------------------------------------------------------

  turnTo([azimuth, elevation], save) {
    const limit = Math.PI / 2;
    const wrapped = Math.atan2(Math.sin(azimuth), Math.cos(azimuth));
    this.model.set("view", [wrapped, Math.max(-limit, Math.min(limit, elevation))]);
    if (!save) return;
    clearTimeout(this.saving); // a held key would send thirty messages a second
    this.saving = setTimeout(() => this.model.save_changes(), 120);
  }

  grab(event) {
    this.grabbed = { x: event.clientX, y: event.clientY, view: this.model.get("view") };
  }

  drag(event) {
    const from = this.grabbed;
    const perPixel = 1 / ((this.zoom ?? 1) * Math.max(this.scene?.radius ?? 100, 40)); // the point under the finger follows it
    const [azimuth, elevation] = from.view;
    this.turnTo([azimuth - (event.clientX - from.x) * perPixel, elevation + (event.clientY - from.y) * perPixel], false);
  }

  /** Let go; a press without a drag turns the place that was pressed to the front. */
  release(pressed) {
    if (pressed) {
      const box = this.handle.getBoundingClientRect();
      Object.assign(this.grabbed, { x: pressed.clientX, y: pressed.clientY });
      this.drag({ clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 });
    }
    this.grabbed = null;
    this.model.save_changes();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const turns = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const turn = turns[event.key];
    if (!turn && event.key !== "Home") return;
    event.preventDefault();
    event.stopPropagation();
    const [azimuth, elevation] = this.model.get("view");
    const step = event.shiftKey ? 3 * STEP : STEP;
    if (turn) this.turnTo([azimuth + turn[0] * step, elevation + turn[1] * step], true);
    else this.turnTo(this.model.get("home"), true);
  }

  // ---- drawing ------------------------------------------------------------------------------------

  /** Ask for a new frame; `still` when more than the tails changed. */
  invalidate(still) {
    this.dirty = true;
    if (still) this.stillDirty = true;
    this.schedule();
  }

  schedule() {
    if (this.request || !this.dirty || !this.visible) return;
    this.request = requestAnimationFrame(() => {
      this.request = 0;
      this.draw();
    });
  }

  makeScene(width, height, ratio) {
    this.colours ??= readColours(this.el);
    const [azimuth, elevation] = this.model.get("view");
    return {
      width, height, ratio, ...layout(width, height),
      cam: camera(azimuth, elevation),
      colours: this.colours,
      grid: this.store.grid,
      tails: this.store.tails.count > 0,
      vectors: this.model.get("vectors") ?? {},
      phase: this.phase,
    };
  }

  draw() {
    const [width, height] = this.size;
    if (width < 20 || height < 20) return; // hidden: the resize observer asks again when it is shown
    const start = performance.now();
    const ratio = Math.min((window.devicePixelRatio || 1) * (this.zoom ?? 1), MAX_RATIO);
    const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== pixels[0] || this.canvas.height !== pixels[1]) {
      for (const canvas of [this.canvas, this.still]) [canvas.width, canvas.height] = pixels;
      this.stillDirty = true;
    }
    if (this.stillDirty) {
      this.scene = this.makeScene(width, height, ratio);
      this.paintStill(this.still.getContext("2d"), this.scene);
      this.placeHandle();
      this.stillDirty = false;
    }
    this.advancePhase();
    const ctx = this.canvas.getContext("2d");
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, ...pixels);
    ctx.drawImage(this.still, 0, 0);
    this.paintLive(ctx, this.scene);
    this.dirty = false;
    this.report(performance.now() - start);
  }

  paintStill(ctx, scene) {
    ctx.setTransform(scene.ratio, 0, 0, scene.ratio, 0, 0);
    ctx.clearRect(0, 0, scene.width, scene.height);
    paintBall(ctx, scene, this.densityImage);
    paintLegend(ctx, scene);
  }

  paintLive(ctx, scene) {
    ctx.setTransform(scene.ratio, 0, 0, scene.ratio, 0, 0);
    const paths = Array.from({ length: this.store.tails.k }, (_, k) => tailPaths(scene, this.store.tails, k));
    const arrows = arrowsOf(scene);
    strokeTails(ctx, scene, paths, "back");
    paintArrows(ctx, scene, arrows, true);
    strokeTails(ctx, scene, paths, "front");
    paintPrecession(ctx, scene);
    paintArrows(ctx, scene, arrows, false);
    paintHeads(ctx, scene, paths);
    paintLabels(ctx, scene, arrows, [scene.legend, ...paintNotes(ctx, scene)]);
  }

  /** The dashes of the precession ring move only while data arrive, so a paused view is truly at rest. */
  advancePhase() {
    const moved = this.store.pushes !== this.seen;
    this.seen = this.store.pushes;
    if (moved && !prefersStill().matches) this.phase = (this.phase + 0.6) % 14;
    this.scene.phase = this.phase;
  }

  placeHandle() {
    const { cx, cy, radius } = this.scene;
    const px = (value) => `${value.toFixed(1)}px`;
    Object.assign(this.handle.style, { left: px(cx - radius), top: px(cy - radius), width: px(2 * radius), height: px(2 * radius) });
  }

  /** Counters and a summary of what is drawn, for tests and for the curious. */
  report(elapsed) {
    this.frames += 1;
    this.drawMs = this.frames === 1 ? elapsed : 0.9 * this.drawMs + 0.1 * elapsed;
    const drawn = {
      frames: this.frames,
      drawMs: this.drawMs.toFixed(2),
      trajectories: this.store.tails.k,
      points: this.store.tails.count,
      arrows: arrowsOf(this.scene).map(({ text }) => text).join(" "),
      notes: notesOf(this.scene.vectors).join("; "),
    };
    for (const [name, value] of Object.entries(drawn)) {
      if (this.el.dataset[name] !== String(value)) this.el.dataset[name] = value;
    }
  }
}

// ---- the widget -----------------------------------------------------------------------------------

/** Called once per model, so that `store` is shared by its views and by nothing else. */
export default () => {
  const store = new Store();
  return {
    initialize({ model }) {
      store.readDensity(model);
      model.on("change:density", () => store.readDensity(model));
      model.on("msg:custom", (message, buffers) => {
        if (message.type === "push") store.push(message, buffers?.[0], model.get("tail"));
        else if (message.type === "clear") store.clear();
      });
    },
    render({ model, el }) {
      const view = new View(model, el, store);
      return () => view.remove();
    },
  };
};
