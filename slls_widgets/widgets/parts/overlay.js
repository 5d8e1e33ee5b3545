// A layer over a bqplot figure's plot area: shaded bands, named verticals and regions, the operating point and
// its hover read-out. It answers the pointer and the keyboard at once, without a round trip to the kernel; the
// kernel is told of every move and decides where the point really is.

import { drags } from "./touch.js";

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function element(tag, className, parent) {
  const node = document.createElement(tag);
  node.className = className;
  parent.appendChild(node);
  return node;
}

const superscript = (power) => String(power).replace(/[-0-9]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);

function format(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e5)) return String(Number(value.toPrecision(3))).replace("-", "−");
  const [digits, power] = value.toExponential(2).split("e");
  return `${digits.replace("-", "−")}×10${superscript(Number(power))}`;
}

/** Write text into a node, "S_P" with a true subscript. */
function typeset(node, text) {
  node.replaceChildren();
  text.split(/_(\w)/).forEach((part, i) => {
    if (i % 2) element("sub", "", node).textContent = part;
    else node.append(part);
  });
}

// Widths are measured off the page: asking the page would make it lay itself out at every move.
const ruler = document.createElement("canvas").getContext("2d");
let family = "";
function widthOf(node, text, font) {
  family ||= getComputedStyle(node).fontFamily;
  ruler.font = `${font} ${family || "sans-serif"}`;
  return ruler.measureText(text.replace("_", "")).width;
}

/** The first of the texts that fits into a width, with a little air; nothing if none does. */
const fitting = (node, texts, width, font) => texts.find((text) => text && widthOf(node, text, font) + 4 <= width) ?? "";

function render({ model, el }) {
  el.classList.add("slls-overlay-root");
  const area = element("div", "slls-overlay", el);
  const bands = element("div", "slls-overlay-bands", area);
  const verticals = element("div", "slls-overlay-verticals", area);
  const lineX = element("div", "slls-overlay-line vertical", area);
  const lineY = element("div", "slls-overlay-line horizontal", area);
  const names = element("div", "slls-overlay-names", area);
  const point = element("div", "slls-overlay-point", area);
  const tip = element("div", "slls-overlay-tip", area);
  tip.hidden = true;
  area.tabIndex = 0;
  // JupyterLab would take the arrow keys to move between cells.
  area.dataset.lmSuppressShortcuts = "true";
  area.setAttribute("role", "slider");

  const two = model.get("two_dimensional");
  point.hidden = !two;
  lineY.hidden = !two;
  area.dataset.dims = two ? "2" : "1";

  // The point as drawn; while dragging it runs ahead of the kernel's echo.
  let shown = { x: model.get("x"), y: model.get("y") };
  let dragging = false;
  // Counted on from what the kernel has seen, as in a dial.
  let sent = model.get("seen");
  let queued = 0;

  const range = () => ({ x: model.get("x_range"), y: model.get("y_range") });
  const fraction = (value, [low, high]) => (value - low) / (high - low);

  function place() {
    const { x, y } = range();
    const fx = fraction(shown.x, x);
    const fy = 1 - fraction(shown.y, y);
    const inside = fx >= 0 && fx <= 1;
    lineX.style.left = `${100 * fx}%`;
    lineX.hidden = !inside;
    if (two) {
      lineY.style.top = `${100 * fy}%`;
      point.style.left = `${100 * clamp(fx, 0, 1)}%`;
      point.style.top = `${100 * clamp(fy, 0, 1)}%`;
    }
    area.dataset.x = shown.x;
    area.dataset.y = shown.y;
    area.setAttribute("aria-valuemin", x[0]);
    area.setAttribute("aria-valuemax", x[1]);
    area.setAttribute("aria-valuenow", shown.x);
  }

  function describe() {
    area.setAttribute("aria-label", model.get("label"));
    area.setAttribute("aria-valuetext", model.get("value_text"));
    area.title = "";
  }

  // The figure decides where its plot area is, and lays itself out late: when it scrolls into view, some
  // time after it changed its size. Its own rectangle is the only one to trust; the margins serve until it
  // is there.
  let figureArea = null;
  const moved = new MutationObserver(() => fit());
  function fit() {
    const found = el.parentElement?.querySelector(".plotarea_background");
    if (found && found !== figureArea) {
      figureArea = found;
      moved.disconnect();
      moved.observe(found, { attributes: true, attributeFilter: ["width", "height"] });
      moved.observe(found.parentNode, { attributes: true, attributeFilter: ["transform"] });
    }
    const [root, plot] = [el.getBoundingClientRect(), found?.getBoundingClientRect()];
    const { left, right, top, bottom } = model.get("margins");
    const scale = root.width / el.offsetWidth || 1; // on paper
    const inset = plot && [plot.top - root.top, root.right - plot.right, root.bottom - plot.bottom, plot.left - root.left];
    area.style.inset = (plot?.width > 0 && plot.height > 0 ? inset.map((each) => each / scale) : [top, right, bottom, left])
      .map((each) => `${each}px`)
      .join(" ");
    shade();
  }
  let looks = 0;
  const looking = setInterval(() => {
    looks += 1;
    fit();
    if (figureArea || looks > 100) clearInterval(looking);
  }, 100);

  function shade() {
    const { x } = range();
    const width = area.clientWidth;
    bands.replaceChildren();
    for (const { from, to, kind, label, icon } of model.get("bands")) {
      const left = clamp(fraction(from, x), 0, 1);
      const right = clamp(fraction(to, x), 0, 1);
      if (right <= left) continue;
      const band = element("div", `slls-overlay-band ${kind}`, bands);
      band.style.left = `${100 * left}%`;
      band.style.width = `${100 * (right - left)}%`;
      const name = element("span", "", band);
      name.textContent = fitting(area, [label, icon], (right - left) * width, "600 11.5px");
      name.title = label;
    }
    nameVerticals(width);
    nameRegions(width);
  }

  /** Each name right or left of its line, in the first row where it meets no other. */
  function nameVerticals(width) {
    const { x } = range();
    verticals.replaceChildren();
    const taken = [];
    for (const { at, label } of model.get("marks")) {
      const left = fraction(at, x);
      if (left < 0 || left > 1) continue;
      const mark = element("div", "slls-overlay-mark", verticals);
      mark.style.left = `${100 * left}%`;
      const wide = widthOf(area, label, "11px") + 5;
      for (let k = 0; k < 8; k += 1) {
        const flip = k % 2 === 1;
        const row = k >> 1;
        const start = left * width + (flip ? -wide - 3 : 3);
        const free = taken.every((other) => other.row !== row || start + wide < other.start || start > other.end);
        if (start < 0 || start + wide > width || !free) continue;
        taken.push({ row, start, end: start + wide });
        const name = element("span", flip ? "flip" : "", mark);
        name.style.top = `${3 + 15 * row}px`;
        typeset(name, label);
        break;
      }
    }
  }

  /** A region's name where it is widest; its icon where only that fits; no two on top of one another. */
  function nameRegions(width) {
    const { x, y } = range();
    names.replaceChildren();
    const taken = [];
    for (const region of model.get("names")) {
      const room = ((region.to - region.from) / (x[1] - x[0])) * width;
      const text = fitting(area, [region.label, region.icon], room, "650 13px");
      if (!text) continue;
      const [fx, fy] = [fraction(region.x, x), 1 - fraction(region.y, y)];
      const box = { x: fx * width, y: fy * area.clientHeight, half: widthOf(area, text, "650 13px") / 2 + 4 };
      if (taken.some((other) => Math.abs(other.y - box.y) < 18 && Math.abs(other.x - box.x) < other.half + box.half)) continue;
      taken.push(box);
      const name = element("span", "", names);
      name.textContent = text;
      name.style.left = `${100 * fx}%`;
      name.style.top = `${100 * fy}%`;
    }
  }

  function tell() {
    if (queued) return;
    queued = requestAnimationFrame(() => {
      queued = 0;
      sent = Math.max(sent, model.get("seen")) + 1;
      model.send({ type: "move", x: shown.x, y: shown.y, request: sent });
    });
  }

  function at(event) {
    const box = area.getBoundingClientRect();
    const { x, y } = range();
    const fx = clamp((event.clientX - box.left) / box.width, 0, 1);
    const fy = clamp(1 - (event.clientY - box.top) / box.height, 0, 1);
    return { x: x[0] + fx * (x[1] - x[0]), y: y[0] + fy * (y[1] - y[0]), fx, fy };
  }

  function moveTo(x, y) {
    shown = { x, y: two ? y : shown.y };
    place();
    tell();
  }

  const unit = () => (model.get("value_unit") ? ` ${model.get("value_unit")}` : "");
  const floats = (view) => new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));

  /** Row `k` of the series at x, straight between two points of row 0; null outside or across a jump. */
  function alongSeries(x, k) {
    const rows = model.get("series_names").length + 1;
    const all = floats(model.get("series"));
    const n = all.length / rows;
    const i = all.subarray(0, n).findIndex((value) => value > x);
    if (n < 2 || i < 1) return null;
    const [left, right] = [all[i - 1], all[i]];
    if (left < 0 && right > 0 && model.get("series_jumps")) return all[k * n + (x < 0 ? i - 1 : i)];
    return all[k * n + i - 1] + ((x - left) / (right - left)) * (all[k * n + i] - all[k * n + i - 1]);
  }

  function hover(event) {
    const grid = model.get("grid_shape");
    const { x, y, fx, fy } = at(event);
    const lines = [`${model.get("x_name")} = ${format(x)}`];
    if (two) lines.push(`${model.get("y_name")} = ${format(y)}${model.get("y_unit")}`);
    if (two && grid[0] > 0) {
      const values = floats(model.get("grid"));
      const row = clamp(Math.round(fy * (grid[0] - 1)), 0, grid[0] - 1);
      const column = clamp(Math.round(fx * (grid[1] - 1)), 0, grid[1] - 1);
      const value = values[row * grid[1] + column];
      const words = model.get("value_words");
      lines.push(words.length ? words[value] ?? "–" : `${model.get("value_name")} = ${format(value)}${unit()}`);
    }
    model.get("series_names").forEach((name, k) => {
      const value = alongSeries(x, k + 1);
      if (value !== null) lines.push(`${name} = ${format(value)}${unit()}`);
    });
    typeset(tip, lines.join("\n"));
    tip.hidden = false;
    tip.classList.toggle("left", fx > 0.6);
    tip.classList.toggle("below", fy > 0.75);
    tip.style.left = `${100 * fx}%`;
    tip.style.top = `${100 * (1 - fy)}%`;
  }

  let before = shown;
  const drag = (event) => {
    const { x, y } = at(event);
    hover(event);
    moveTo(x, y);
  };
  const release = () => {
    dragging = false;
    area.classList.remove("dragging");
    tip.hidden = true;
  };
  drags(area, {
    start(event) {
      before = shown;
      dragging = true;
      area.classList.add("dragging");
      drag(event);
    },
    move: drag,
    end: release,
    undo() {
      release();
      moveTo(before.x, before.y);
    },
    // On the map a swipe may go anywhere: there a finger drags the point itself.
    grips: (event) => event.target === point,
    swipes: !two,
  });
  area.addEventListener("pointermove", (event) => event.pointerType === "mouse" && !dragging && hover(event));
  area.addEventListener("pointerleave", () => (tip.hidden = true));
  area.addEventListener("keydown", (event) => {
    const { x, y } = range();
    const look = { "+": ["zoom", 0.8], "=": ["zoom", 0.8], "-": ["zoom", 1.25], "0": ["reset", 0] }[event.key];
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (look && plain) {
      event.preventDefault();
      event.stopPropagation();
      model.send({ type: look[0], x: look[1], y: look[1] });
      return;
    }
    const turn = { PageUp: 1, PageDown: -1 }[event.key];
    if (turn && plain && !two && model.get("active")) {
      event.preventDefault();
      event.stopPropagation();
      // To the next name; what is within rounding of one is at it.
      const ahead = model.get("marks").filter((mark) => turn * (mark.at - shown.x) > 1e-3 * (x[1] - x[0]));
      const next = ahead.sort((a, b) => turn * (a.at - b.at))[0];
      if (next) moveTo(next.at, shown.y);
      return;
    }
    const step = event.shiftKey ? 0.05 : 0.005;
    const dx = { ArrowLeft: -step, ArrowRight: step }[event.key] ?? 0;
    const panning = !model.get("active");
    // Half a degree on the map, ten times that with Shift.
    const rise = two ? step / 0.9 : step;
    const dy = two || panning ? { ArrowDown: -rise, ArrowUp: rise }[event.key] ?? 0 : 0;
    if (dx === 0 && dy === 0) return;
    event.preventDefault();
    event.stopPropagation();
    if (panning) {
      model.send({ type: "pan", x: 10 * dx, y: 10 * dy });
      return;
    }
    moveTo(
      clamp(shown.x + dx * (x[1] - x[0]), x[0], x[1]),
      clamp(shown.y + dy * (y[1] - y[0]), y[0], y[1]),
    );
  });

  const follow = () => {
    // An answer to an older request must not pull the point back.
    if (!dragging && !queued && model.get("seen") >= sent) {
      shown = { x: model.get("x"), y: model.get("y") };
      place();
    }
    describe();
  };
  const reshape = () => {
    shade();
    place();
  };
  const active = () => area.classList.toggle("passive", !model.get("active"));
  model.on("change:x change:y change:seen change:label change:value_text", follow);
  model.on("change:x_range change:y_range change:bands change:marks change:names", reshape);
  model.on("change:active", active);
  const sized = new ResizeObserver(fit);
  sized.observe(el);
  fit();
  place();
  follow();
  active();
  return () => {
    cancelAnimationFrame(queued);
    clearInterval(looking);
    sized.disconnect();
    moved.disconnect();
    model.off("change:x change:y change:seen change:label change:value_text", follow);
    model.off("change:x_range change:y_range change:bands change:marks change:names", reshape);
    model.off("change:active", active);
  };
}

export default { render };
