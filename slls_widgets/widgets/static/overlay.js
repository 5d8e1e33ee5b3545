// A layer over a bqplot figure's plot area: shaded bands, named verticals, the operating point and its
// hover read-out. It answers the pointer and the keyboard at once, without a round trip to the kernel; the
// kernel is told of every move and decides where the point really is.

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function element(tag, className, parent) {
  const node = document.createElement(tag);
  node.className = className;
  parent.appendChild(node);
  return node;
}

function format(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2);
  return String(Number(value.toPrecision(3)));
}

function render({ model, el }) {
  el.classList.add("slls-overlay-root");
  const area = element("div", "slls-overlay", el);
  const bands = element("div", "slls-overlay-bands", area);
  const verticals = element("div", "slls-overlay-verticals", area);
  const lineX = element("div", "slls-overlay-line vertical", area);
  const lineY = element("div", "slls-overlay-line horizontal", area);
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
  let sent = 0;
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

  function margins() {
    const { left, right, top, bottom } = model.get("margins");
    area.style.inset = `${top}px ${right}px ${bottom}px ${left}px`;
  }

  function shade() {
    const { x } = range();
    bands.replaceChildren();
    verticals.replaceChildren();
    for (const { from, to, kind, label } of model.get("bands")) {
      const left = clamp(fraction(from, x), 0, 1);
      const right = clamp(fraction(to, x), 0, 1);
      if (right <= left) continue;
      const band = element("div", `slls-overlay-band ${kind}`, bands);
      band.style.left = `${100 * left}%`;
      band.style.width = `${100 * (right - left)}%`;
      // A name wider than its band would run into the next.
      if ((right - left) * area.clientWidth > 78) element("span", "", band).textContent = label;
    }
    for (const { at, label } of model.get("marks")) {
      const left = fraction(at, x);
      if (left < 0 || left > 1) continue;
      const mark = element("div", `slls-overlay-mark ${left > 0.8 ? "flip" : ""}`, verticals);
      mark.style.left = `${100 * left}%`;
      element("span", "", mark).textContent = label;
    }
  }

  function tell() {
    if (queued) return;
    queued = requestAnimationFrame(() => {
      queued = 0;
      sent += 1;
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

  function hover(event) {
    const grid = model.get("grid_shape");
    const { x, y, fx, fy } = at(event);
    const lines = [`${model.get("x_name")} = ${format(x)}`];
    if (two) lines.push(`${model.get("y_name")} = ${format(y)}${model.get("y_unit")}`);
    if (two && grid[0] > 0) {
      const view = model.get("grid");
      const values = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
      const row = clamp(Math.round(fy * (grid[0] - 1)), 0, grid[0] - 1);
      const column = clamp(Math.round(fx * (grid[1] - 1)), 0, grid[1] - 1);
      const value = values[row * grid[1] + column];
      const words = model.get("value_words");
      lines.push(`${model.get("value_name")}${words.length ? ": " + (words[value] ?? "–") : " = " + format(value)}`);
    }
    tip.textContent = lines.join("\n");
    tip.hidden = false;
    tip.classList.toggle("left", fx > 0.6);
    tip.classList.toggle("below", fy > 0.75);
    tip.style.left = `${100 * fx}%`;
    tip.style.top = `${100 * (1 - fy)}%`;
  }

  area.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    dragging = true;
    area.setPointerCapture(event.pointerId);
    area.classList.add("dragging");
    const { x, y } = at(event);
    moveTo(x, y);
  });
  area.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse" || dragging) hover(event);
    if (!dragging) return;
    const { x, y } = at(event);
    moveTo(x, y);
  });
  const release = () => {
    dragging = false;
    area.classList.remove("dragging");
    tip.hidden = true;
  };
  area.addEventListener("pointerup", release);
  area.addEventListener("pointercancel", release);
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
    const step = event.shiftKey ? 0.05 : 0.005;
    const dx = { ArrowLeft: -step, ArrowRight: step }[event.key] ?? 0;
    const panning = !model.get("active");
    const dy = two || panning ? { ArrowDown: -step, ArrowUp: step }[event.key] ?? 0 : 0;
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
    margins();
    shade();
    place();
  };
  const active = () => area.classList.toggle("passive", !model.get("active"));
  model.on("change:x change:y change:seen change:label change:value_text", follow);
  model.on("change:x_range change:y_range change:bands change:marks change:margins", reshape);
  model.on("change:active", active);
  const sized = new ResizeObserver(shade);
  sized.observe(area);
  reshape();
  follow();
  active();
  return () => {
    cancelAnimationFrame(queued);
    sized.disconnect();
    model.off("change:x change:y change:seen change:label change:value_text", follow);
    model.off("change:x_range change:y_range change:bands change:marks change:margins", reshape);
    model.off("change:active", active);
  };
}

export default { render };
