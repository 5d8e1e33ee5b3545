// One parameter: symbol, meaning, number box and slider. It tells the kernel what the reader asks for and
// shows what the kernel answers. Each request is numbered and each answer names the last request it has
// seen, so that a late answer never pulls a moving slider back. A page that shows the dial anew, or beside
// another, counts on from the last number the kernel has seen.

import { sweeping } from "./sweep.js";
import { drags } from "./touch.js";

function element(tag, className, parent) {
  const node = document.createElement(tag);
  node.className = className;
  parent.appendChild(node);
  return node;
}

function render({ model, el }) {
  const { symbol, meaning, tooltip, name, unit, log, stops, digits, known } = model.get("spec");
  el.classList.add("slls-parameter", `dial-${name}`);
  const sign = element("span", "symbol", el);
  const [base, index] = symbol.split("_");
  sign.textContent = base;
  if (index) element("sub", "", sign).textContent = index;
  const label = element("label", "meaning", el);
  label.textContent = unit ? `${meaning} (${unit})` : meaning;
  const box = element("input", "number mono", el);
  box.type = "text";
  box.inputMode = "decimal";
  box.spellcheck = false;
  box.autocomplete = "off";
  box.setAttribute("aria-label", `${base}, ${meaning}${unit ? ` in ${unit}` : ""}: type a value and press Enter`);
  // A compact board shows the unit beside the number in place of the meaning.
  const tail = element("span", "unit", el);
  tail.textContent = unit;
  tail.setAttribute("aria-hidden", "true");
  const slider = element("input", "slider", el);
  slider.type = "range";
  slider.min = 0;
  slider.max = stops;
  slider.step = 1;
  // JupyterLab would take the arrow keys to move between cells.
  slider.dataset.lmSuppressShortcuts = "true";
  slider.setAttribute("aria-label", `${base}, ${meaning}`);
  // The symbol explains itself, as all symbols do; where the page's table lacks it, by the dial's own words.
  sign.tabIndex = 0;
  sign.setAttribute("role", "button");
  sign.setAttribute("aria-label", `${base}${index ?? ""}: what it is`);
  for (const node of [sign, label]) {
    Object.assign(node.dataset, { term: symbol, name: `${symbol}, ${meaning}:` });
    if (!known) node.dataset.says = tooltip;
  }
  const play = element("button", "play", el);
  play.type = "button";

  const ends = () => model.get("range");
  const toStop = (value) => {
    const [low, high] = ends();
    const share = log
      ? (Math.log10(value) - Math.log10(low)) / (Math.log10(high) - Math.log10(low))
      : (value - low) / (high - low);
    return Math.round(stops * Math.min(1, Math.max(0, share)));
  };
  const toValue = (stop) => {
    const [low, high] = ends();
    const share = stop / stops;
    const value = log ? low * (high / low) ** share : low + share * (high - low);
    // The slider's own resolution, without the digits of binary fractions.
    return Number(value.toPrecision(log ? 4 : 12));
  };
  const fill = () => slider.style.setProperty("--share", `${(100 * slider.value) / stops}%`);

  let sent = model.get("shown").seen;
  let queued = 0;
  const ask = (request) => {
    sent = Math.max(sent, model.get("shown").seen) + 1;
    model.send({ ...request, request: sent });
  };
  const stop = sweeping(play, slider, {
    waiting: () => model.get("shown").seen < sent,
    ask: (at, begins) => {
      slider.value = at;
      fill();
      ask({ type: "sweep", value: toValue(at), begins });
    },
  });
  const show = () => {
    play.title = model.get("sweeps");
    play.setAttribute("aria-label", play.title);
    const { value, text, seen, refused } = model.get("shown");
    // An answer to an older request, or a move of the hand is still to be asked.
    if (queued || seen < sent) return;
    box.classList.toggle("refused", refused);
    box.setAttribute("aria-invalid", String(refused));
    slider.value = toStop(value);
    slider.setAttribute("aria-valuetext", `${text} ${unit}`);
    fill();
    if (document.activeElement !== box || box.dataset.edited !== "yes") box.value = text;
  };

  // A browser's own slider jumps to the finger that only wanted to scroll: a finger is followed here.
  let touched = false;
  let place = 0; // where the finger has put the handle
  let before = 0;
  const toFinger = (event) => {
    const box = slider.getBoundingClientRect();
    const half = box.height / 2; // about the handle's
    slider.value = (stops * (event.clientX - box.left - half)) / (box.width - 2 * half);
    place = slider.value;
    slider.dispatchEvent(new Event("input"));
  };
  const byHand = (act) => (event) => touched && act(event);
  drags(slider, {
    start: byHand((event) => {
      before = model.get("shown").value;
      toFinger(event);
    }),
    move: byHand(toFinger),
    end: () => {},
    undo: () => touched && ask({ type: "slide", value: before }),
  });
  slider.addEventListener("pointerdown", (event) => {
    [touched, place] = [event.pointerType === "touch", slider.value];
  }, { capture: true });

  slider.addEventListener("input", (event) => {
    if (touched && event.isTrusted) {
      slider.value = place;
      return;
    }
    stop();
    fill();
    // The number runs ahead of the kernel's answer, as the handle does.
    box.value = String(Number(toValue(Number(slider.value)).toPrecision(digits)));
    box.dataset.edited = "no";
    if (queued) return;
    queued = requestAnimationFrame(() => {
      queued = 0;
      ask({ type: "slide", value: toValue(Number(slider.value)) });
    });
  });
  slider.addEventListener("keydown", (event) => {
    touched = false;
    const step = { ArrowLeft: -10, ArrowDown: -10, ArrowRight: 10, ArrowUp: 10 }[event.key];
    if (!event.shiftKey || !step) return;
    event.preventDefault();
    slider.value = Number(slider.value) + step;
    slider.dispatchEvent(new Event("input"));
  });
  box.addEventListener("input", () => {
    stop();
    box.dataset.edited = "yes";
  });
  const typed = () => {
    if (box.dataset.edited !== "yes") return;
    box.dataset.edited = "no";
    ask({ type: "type", text: box.value.slice(0, 60) });
  };
  box.addEventListener("change", typed);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter") typed();
    if (event.key === "Escape") {
      box.dataset.edited = "no";
      show();
    }
  });
  model.on("change:shown change:range change:sweeps", show);
  show();
  return () => {
    stop();
    cancelAnimationFrame(queued);
    model.off("change:shown change:range change:sweeps", show);
  };
}

export default { render };
