// The page around the widgets: colour theme, query string, clipboard, downloads, keyboard shortcuts, and
// whether anybody is looking. It draws nothing itself.

import { printed } from "./paper.js";
import { named } from "./names.js";
import { explains } from "./explain.js";
import { fitted } from "./zoom.js";

function save(name, buffer, type) {
  const url = URL.createObjectURL(new Blob([buffer], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Clipboard access is refused on plain http: fall back to a selection the old way.
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.appendChild(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

// Under Voila the app is the page; in a notebook it is one output among others.
const isStandalone = () => Boolean(document.getElementById("rendered_cells") || document.querySelector("body[data-voila]"));

// The theme that a reader has chosen, which the next visit begins with; a browser may refuse to keep it.
const THEME = "slls-theme";
function chosenTheme(...theme) {
  try {
    if (theme.length) localStorage.setItem(THEME, theme[0]);
    return localStorage.getItem(THEME);
  } catch {
    return null;
  }
}

const PING_MS = 4000;
// A page whose reader has done nothing for this long is at rest.
const REST_MS = 400;
const DEEDS = ["input", "change", "click", "keyup", "pointerup"];
const LATE_MS = 12000;
// A page that nobody has touched for this long falls silent, so that the server can tell that it is forgotten.
const QUIET_MS = 600000;
const TOUCHES = ["pointerdown", "pointermove", "wheel", "keydown", "visibilitychange"];

// Watch whether the kernel answers. A busy one is late, not gone; one that was restarted is idle but knows
// nothing of this page any more, so only an answer to a ping of ours counts.
function watchKernel(model, gone, back) {
  const kernel = () => model.widget_manager?.kernel;
  let waiting = 0; // when the oldest unanswered ping left
  let lost = false;
  const lose = () => {
    gone();
    lost = true;
  };
  let touched = performance.now();
  const ping = () => {
    const now = performance.now();
    if (document.visibilityState !== "visible" || now - touched > QUIET_MS) {
      waiting = 0; // the timers of a hidden tab tell nothing
      return;
    }
    if (waiting && now - waiting > LATE_MS && kernel()?.status !== "busy") lose();
    waiting ||= now;
    try {
      model.send({ type: "ping" });
    } catch {
      lose(); // the connection is closed for good
    }
  };
  const answered = () => {
    waiting = 0;
    if (lost) back();
    lost = false;
  };
  const changed = (_, status) => {
    if (["dead", "restarting", "autorestarting"].includes(status)) lose();
  };
  const touch = () => {
    const quiet = performance.now() - touched > QUIET_MS;
    touched = performance.now();
    if (quiet) ping(); // whoever comes back learns at once whether the kernel is still there
  };
  for (const kind of TOUCHES) document.addEventListener(kind, touch, { passive: true, capture: true });
  const watched = kernel();
  watched?.statusChanged?.connect(changed);
  const timer = setInterval(ping, PING_MS);
  ping();
  return {
    answered,
    lose,
    ping,
    stop() {
      clearInterval(timer);
      for (const kind of TOUCHES) document.removeEventListener(kind, touch, { capture: true });
      watched?.statusChanged?.disconnect(changed);
    },
  };
}

// In a frame of somebody's page: less of it, and a way to the whole.
const isEmbedded = () => isStandalone() && new URLSearchParams(window.location.search).get("embed") === "1";
function embedded(app, href) {
  const link = document.createElement("a");
  link.className = "slls-whole";
  link.textContent = "open the whole app ↗";
  link.target = "_blank";
  link.rel = "noopener";
  link.href = href;
  app.querySelector(".slls-head").append(link);
  app.classList.add("embedded");
}

// The app's own page shows something that moves at once, as soon as it is seen, unless its reader minds movement.
function visit(model) {
  if (!model.get("keeps_address") || isEmbedded() || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const seen = () => {
    if (document.visibilityState !== "visible") return;
    document.removeEventListener("visibilitychange", seen);
    model.send({ type: "visit" });
  };
  document.addEventListener("visibilitychange", seen);
  seen();
}

// One place that shows the app: its theme, and its notice when nothing answers any more.
function place({ model, el }, lost, whole) {
  el.style.display = "none";
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  const forced = window.matchMedia("(forced-colors: active)");
  const root = () => el.closest(".slls-app");

  function theme() {
    const app = root();
    if (!app) return;
    // Where the system forces its own colours, what is drawn in ours has to be seen on them.
    const wanted = forced.matches ? "auto" : model.get("theme");
    const lab = document.body.dataset.jpThemeLight;
    const standalone = isStandalone();
    const dark = wanted === "dark" || (wanted === "auto" && (standalone || forced.matches ? media.matches : lab === "false"));
    app.dataset.theme = dark ? "dark" : "light";
    if (standalone) {
      document.documentElement.dataset.sllsTheme = app.dataset.theme;
      document.body.dataset.jpThemeLight = String(!dark);
    }
  }
  const watcher = new MutationObserver(() => {
    if (!isStandalone()) theme();
  });
  watcher.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  for (const each of [media, forced]) each.addEventListener("change", theme);
  model.on("change:theme", theme);

  // A screen reader speaks what changes inside an alert that is already there.
  const alert = document.createElement("div");
  alert.className = "slls-alert";
  alert.setAttribute("role", "alert");
  let notice = null;
  const dead = (on) => {
    const app = root();
    app?.classList.toggle("gone", on);
    // What nobody answers must not seem to answer: a handle would run away from the picture.
    for (const part of app?.children ?? []) part.inert = on && part !== alert;
  };
  const gone = (query) => {
    if (!root() || notice) return;
    notice = document.createElement("div");
    notice.className = "slls-gone";
    const text = document.createElement("span");
    notice.appendChild(text);
    if (isStandalone()) {
      text.textContent = "The Python session behind this page has ended: it no longer updates.";
      const reload = document.createElement("button");
      reload.type = "button";
      reload.textContent = "Reload where you were";
      reload.addEventListener("click", () => window.location.assign(window.location.pathname + (query ? `?${query}` : "")));
      notice.appendChild(reload);
    } else {
      text.textContent = "The Python session has ended or was restarted, so these panels no longer answer: run their cell again.";
    }
    alert.append(notice);
    dead(true);
  };
  const back = () => {
    notice?.remove();
    notice = null;
    dead(false);
  };

  // The front end marks a widget that has lost its kernel, or that was stored and never had one.
  let unprint = () => {};
  let unname = () => {};
  const line = new MutationObserver(() => cut());
  const cut = () => {
    if (root()?.classList.contains("jupyter-widgets-disconnected")) lost();
  };
  function settle() {
    const app = root();
    if (!app) return false;
    app.classList.toggle("standalone", isStandalone());
    app.prepend(alert);
    const ends = [named(app, isStandalone()), explains(app, model.get("terms"))];
    unname = () => ends.forEach((end) => end());
    if (isStandalone()) {
      document.body.classList.add("slls-standalone");
      unprint = printed(root);
      ends.push(fitted(app));
      if (isEmbedded()) embedded(app, whole());
    }
    theme();
    // What changed while the page was being built may have been missed: ask for the state of everything.
    if (isStandalone()) {
      model.send({ type: "hello" });
      visit(model);
    }
    line.observe(app, { attributes: true, attributeFilter: ["class"] });
    cut();
    return true;
  }
  // The element is attached to the page only after render returns.
  let tries = 0;
  const attach = setInterval(() => {
    tries += 1;
    if (settle() || tries > 200) clearInterval(attach);
  }, 20);

  return {
    root,
    gone,
    back,
    leave() {
      unprint();
      unname();
      alert.remove();
      clearInterval(attach);
      line.disconnect();
      watcher.disconnect();
      for (const each of [media, forced]) each.removeEventListener("change", theme);
      model.off("change:theme", theme);
    },
  };
}

// One for each widget, however many places show it: what is to happen once is done here, and not in a place.
function page() {
  const places = new Set();
  const roots = () => [...places].map((each) => each.root()).filter(Boolean);
  let kernel = null;
  let query = "";
  // Where the whole app would open as it is now.
  const whole = () => {
    const { pathname, search } = window.location;
    const asked = new URLSearchParams(query || search);
    asked.delete("embed");
    return `${pathname}?${asked}`;
  };

  function initialize({ model }) {
    // To the other of light and dark, which is always to be seen; back on the system's own it follows that again.
    function turnTheme() {
      const wanted = roots()[0]?.dataset.theme === "dark" ? "light" : "dark";
      const system = isStandalone()
        ? window.matchMedia("(prefers-color-scheme: dark)").matches
        : document.body.dataset.jpThemeLight === "false";
      const theme = (wanted === "dark") === system ? "auto" : wanted;
      if (isStandalone()) chosenTheme(theme);
      model.set("theme", theme);
      model.save_changes();
    }
    if (isStandalone() && model.get("theme") === "auto" && ["light", "dark"].includes(chosenTheme())) {
      model.set("theme", chosenTheme());
      model.save_changes();
    }
    if (model.get("keeps_address") && isStandalone() && window.location.search.length > 1) {
      model.send({ type: "query", query: window.location.search });
    }

    // The address follows the state once the reader rests, so that a reload comes back to it. Not in a notebook, whose
    // address is its own, nor in a frame, which nobody reloads. What others have put into the address stays there.
    let touched = false;
    const ownsAddress = () => model.get("keeps_address") && isStandalone() && window.parent === window;
    const follow = (heard) => {
      const moved = heard !== query && (query || touched);
      const address = new URL(window.location.href);
      for (const name of new URLSearchParams(query).keys()) address.searchParams.delete(name);
      for (const [name, value] of new URLSearchParams(heard)) address.searchParams.set(name, value);
      query = heard;
      for (const app of roots()) app.querySelector(".slls-whole")?.setAttribute("href", whole());
      if (moved && ownsAddress()) window.history.replaceState(window.history.state, "", address);
    };
    let resting = 0;
    const done = (event) => {
      if (!(ownsAddress() || isEmbedded()) || !roots().some((app) => app.contains(event.target))) return;
      touched = true;
      clearTimeout(resting);
      resting = setTimeout(() => kernel?.ping(), REST_MS);
    };
    for (const kind of DEEDS) document.addEventListener(kind, done, { passive: true, capture: true });

    const received = async (message, buffers) => {
      if (message.type === "pong") {
        follow(message.query);
        kernel?.answered();
      } else if (message.type === "copy") {
        // The address of a notebook opens the notebook: there a line of code brings the state back.
        const text = isStandalone()
          ? `${window.location.origin}${window.location.pathname}?${message.link}`
          : `Explorer.from_url("?${message.link}")`;
        model.send({ type: "copied", ok: await copy(text), text });
      } else if (message.type === "present") {
        roots().forEach((app) => app.classList.toggle("presenting"));
      } else if (message.type === "turn theme") {
        turnTheme();
      } else if (message.type === "download") {
        save(message.name, buffers[0], message.mime);
      }
    };
    model.on("msg:custom", received);

    const look = () => model.send({ type: "visible", visible: document.visibilityState === "visible" });
    document.addEventListener("visibilitychange", look);

    // Keys belong to the app that has the focus; where nothing has it, to the first one of an app's own page.
    const ours = () => {
      const nobody = isStandalone() && document.activeElement === document.body;
      return roots().some((app) => app.contains(document.activeElement) || (nobody && app === document.querySelector(".slls-app")));
    };
    const keys = (event) => {
      if (!ours()) return;
      // A slider is an input too, but nothing is typed into it; nor into a dial's number box until it is edited.
      const field = event.target.closest?.("input:not([type=range]), textarea");
      const typing = field && !(field.matches(".slls-parameter .number") && field.dataset.edited !== "yes");
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing) {
        event.preventDefault();
        model.send({ type: event.shiftKey ? "redo" : "undo" });
      } else if (event.key === " " && !field && !event.target.closest?.("button, select, summary, dialog")) {
        event.preventDefault();
        model.send({ type: "toggle" });
      }
    };
    document.addEventListener("keydown", keys);

    return () => {
      clearTimeout(resting);
      for (const kind of DEEDS) document.removeEventListener(kind, done, { capture: true });
      document.removeEventListener("visibilitychange", look);
      document.removeEventListener("keydown", keys);
      model.off("msg:custom", received);
    };
  }

  function render({ model, el }) {
    const all = (tell) => places.forEach(tell);
    kernel ??= watchKernel(model, () => all((each) => each.gone(query)), () => all((each) => each.back()));
    const here = place({ model, el }, () => kernel?.lose(), whole);
    places.add(here);
    return () => {
      here.leave();
      places.delete(here);
      if (places.size) return;
      kernel.stop();
      kernel = null;
    };
  }

  return { initialize, render };
}

export default page;
