// The page around the widgets: colour theme, query string, clipboard, downloads, keyboard shortcuts, and
// whether anybody is looking. It draws nothing itself.

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

const PING_MS = 4000;
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
    if (!lost) gone();
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
    stop() {
      clearInterval(timer);
      for (const kind of TOUCHES) document.removeEventListener(kind, touch, { capture: true });
      watched?.statusChanged?.disconnect(changed);
    },
  };
}

function render({ model, el }) {
  el.style.display = "none";
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  const root = () => el.closest(".slls-app");

  function theme() {
    const app = root();
    if (!app) return;
    const wanted = model.get("theme");
    const lab = document.body.dataset.jpThemeLight;
    const standalone = isStandalone();
    const dark = wanted === "dark" || (wanted === "auto" && (standalone ? media.matches : lab === "false"));
    app.dataset.theme = dark ? "dark" : "light";
    if (standalone) {
      document.documentElement.dataset.sllsTheme = app.dataset.theme;
      document.body.dataset.jpThemeLight = String(!dark);
    }
  }

  // To the other of light and dark, which is always to be seen; back on the system's own it follows that again.
  function turnTheme() {
    const wanted = root()?.dataset.theme === "dark" ? "light" : "dark";
    const system = isStandalone() ? media.matches : document.body.dataset.jpThemeLight === "false";
    model.set("theme", (wanted === "dark") === system ? "auto" : wanted);
    model.save_changes();
  }

  // Under Voila the app is the page; in a notebook it is one output among others.
  const isStandalone = () => Boolean(document.getElementById("rendered_cells") || document.querySelector("body[data-voila]"));

  function settle() {
    const app = root();
    if (!app) return false;
    app.classList.toggle("standalone", isStandalone());
    app.prepend(alert);
    if (isStandalone()) document.body.classList.add("slls-standalone");
    theme();
    // What changed while the page was being built may have been missed: ask for the state of everything.
    if (isStandalone()) model.send({ type: "hello" });
    if (isStandalone() && window.location.search.length > 1) {
      model.send({ type: "query", query: window.location.search });
    }
    return true;
  }
  // The element is attached to the page only after render returns.
  let tries = 0;
  const attach = setInterval(() => {
    tries += 1;
    if (settle() || tries > 200) clearInterval(attach);
  }, 20);

  const watcher = new MutationObserver(() => {
    if (!isStandalone()) theme();
  });
  watcher.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  media.addEventListener("change", theme);
  model.on("change:theme", theme);

  const look = () => model.send({ type: "visible", visible: document.visibilityState === "visible" });
  document.addEventListener("visibilitychange", look);

  let query = "";
  // A screen reader speaks what changes inside an alert that is already there.
  const alert = document.createElement("div");
  alert.className = "slls-alert";
  alert.setAttribute("role", "alert");
  let notice = null;
  const gone = () => {
    const app = root();
    if (!app || notice) return;
    notice = document.createElement("div");
    notice.className = "slls-gone";
    const text = document.createElement("span");
    notice.appendChild(text);
    if (isStandalone()) {
      text.textContent = "The kernel behind this page has ended, so nothing answers any more.";
      const reload = document.createElement("button");
      reload.type = "button";
      reload.textContent = "Reload where you were";
      reload.addEventListener("click", () => window.location.assign(window.location.pathname + (query ? `?${query}` : "")));
      notice.appendChild(reload);
    } else {
      text.textContent = "The kernel has ended or was restarted, so these panels no longer answer: run their cell again.";
    }
    alert.append(notice);
    app.classList.add("gone");
  };
  const back = () => {
    notice?.remove();
    notice = null;
    root()?.classList.remove("gone");
  };
  const kernel = watchKernel(model, gone, back);

  const received = async (message, buffers) => {
    if (message.type === "pong") {
      query = message.query;
      kernel.answered();
      return;
    }
    if (message.type === "copy") {
      // The address of a notebook opens the notebook: there a line of code brings the state back.
      const link = isStandalone()
        ? `${window.location.origin}${window.location.pathname}?${message.link}`
        : `Explorer.from_url("?${message.link}")`;
      const text = message.link ? link : message.text;
      model.send({ type: "copied", ok: await copy(text), text });
    } else if (message.type === "turn theme") {
      turnTheme();
    } else if (message.type === "download") {
      save(message.name, buffers[0], message.mime);
    }
  };
  model.on("msg:custom", received);

  const keys = (event) => {
    const app = root();
    if (!app || !app.contains(document.activeElement) && !(isStandalone() && document.activeElement === document.body)) return;
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
    alert.remove();
    clearInterval(attach);
    kernel.stop();
    watcher.disconnect();
    media.removeEventListener("change", theme);
    document.removeEventListener("visibilitychange", look);
    document.removeEventListener("keydown", keys);
    model.off("change:theme", theme);
    model.off("msg:custom", received);
  };
}

export default { render };
