// A slider that moves by itself, from where it stands to its end, or once more if it is there. It asks for each value as
// a hand does and waits for the answer, so that a slow kernel makes it coarse and never late; where the answer is another
// place, somebody else has moved or there is no further, and it stops. A reader who minds movement gets a few steps.

const WHOLE_MS = 10000;
const STEPS = 8;
const STEP_MS = 1200;

/** `ask(stop, begins)` asks for a stop; `waiting()` tells whether the last answer is still to come. */
function sweeping(button, slider, { ask, waiting }) {
  const stops = Number(slider.max);
  let frame = 0;
  let first = 0; // where the last sweep began
  let from = 0;
  let since = 0;
  let asked = null;

  const paint = () => {
    button.textContent = frame ? "❚❚" : "▶";
    button.setAttribute("aria-pressed", String(Boolean(frame)));
  };
  const stop = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    paint();
  };
  const wanted = (now) => {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const way = still ? Math.floor((now - since) / STEP_MS + 0.5) / STEPS : (now - since) / WHOLE_MS;
    return Math.min(stops, Math.round(from + way * stops));
  };
  const step = (now) => {
    frame = requestAnimationFrame(step);
    if (waiting()) return;
    const at = Number(slider.value);
    if (asked !== null && at < asked - 1) return stop();
    if (at >= stops && asked !== null) return stop();
    // Where there is nothing at all in between, it is ahead of its time.
    if (asked !== null && at > asked + 1) [from, since, asked] = [at, now, at];
    const next = wanted(now);
    if (next === asked) return;
    const begins = asked === null;
    asked = next;
    ask(next, begins);
  };
  button.addEventListener("click", () => {
    if (frame) return stop();
    const at = Number(slider.value);
    if (at < stops) first = at;
    from = at < stops ? at : first < stops ? first : 0;
    since = performance.now();
    asked = null;
    frame = requestAnimationFrame(step);
    paint();
  });
  paint();
  return stop;
}

export { sweeping };
