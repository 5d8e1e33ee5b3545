// The page of the static app: the widgets' own manager here, Python in a worker beside it, and between them the
// messages that a Jupyter kernel would exchange with its page.

const loading = document.getElementById("loading");
const stage = document.getElementById("stage");
let picture = null;
// What tests and benchmarks read: when each part was there, in ms since the page was asked for.
const marks = (window.sllsMarks = {});
const mark = (name) => (marks[name] ??= Math.round(performance.now()));

function tell(text, share) {
  loading.lastElementChild.textContent = text;
  if (share !== undefined) loading.firstElementChild.value = Math.max(share, loading.firstElementChild.value);
}

let failed = false;
function fail(text) {
  if (failed) return;
  failed = true;
  loading.hidden = false;
  loading.classList.add("failed");
  tell(text);
  const again = document.createElement("button");
  again.textContent = "Try again";
  again.addEventListener("click", () => window.location.reload());
  loading.append(again);
  document.body.append(loading);
}

// The theme of the last visit, or that of the system, before anything is drawn.
function theme() {
  let chosen = null;
  try {
    chosen = localStorage.getItem("slls-theme");
  } catch {
    // A browser may refuse to keep it.
  }
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  return ["light", "dark"].includes(chosen) ? chosen : dark ? "dark" : "light";
}
document.documentElement.dataset.sllsTheme = theme();

// The picture of what the address asks for, as it was computed when the site was made.
async function show() {
  const names = JSON.parse(document.getElementById("pictures").textContent);
  const sorted = (query) => [...new URLSearchParams(query)].sort().join("&");
  const query = Object.keys(names).find((each) => sorted(each) === sorted(window.location.search));
  if (query === undefined) return;
  const size = window.innerWidth >= 740 ? "wide" : "narrow";
  const answer = await fetch(`pictures/${names[query]}-${size}-${document.documentElement.dataset.sllsTheme}.html`);
  if (!answer.ok) return;
  // A document of its own: no style sheet of the picture meets the app that is being built beside it.
  const still = document.createElement("iframe");
  Object.assign(still, { id: "picture", srcdoc: await answer.text(), tabIndex: -1, ariaHidden: "true" });
  still.addEventListener("load", () => mark("picture"));
  if (marks.live) return;
  document.body.append((picture = still));
}
show().catch(() => {}); // a picture is not worth an error

// What nothing can work without, in words.
function missing() {
  if (typeof WebAssembly !== "object") return "WebAssembly";
  // The smallest module with an instruction on vectors.
  const vectors = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
  if (!WebAssembly.validate(new Uint8Array(vectors))) return "WebAssembly's vector instructions";
  return null;
}

// AMD, as the bundles of the widgets have it.
const script = (address) =>
  new Promise((done, no) => {
    const element = document.createElement("script");
    element.src = address;
    element.onload = done;
    element.onerror = () => no(new Error(`${address} could not be loaded`));
    document.head.append(element);
  });
const load = (name) => new Promise((done, no) => window.require([name], done, no));

class Comm {
  constructor(id, link) {
    this.comm_id = id;
    this.target_name = "jupyter.widget";
    this.link = link;
    // A model begins to listen some time after it was opened.
    this.held = [];
    link.comms.set(id, this);
  }
  open() {
    return "";
  }
  close() {
    this.link.comms.delete(this.comm_id);
    return "";
  }
  on_close(listen) {
    this.closed = listen;
  }
  on_msg(listen) {
    this.listen = listen;
    for (const message of this.held.splice(0)) listen(message);
  }
  take(message) {
    this.listen ? this.listen(message) : this.held.push(message);
  }
  send(data, callbacks, _metadata, buffers) {
    return this.link.send(this.comm_id, data, callbacks, buffers);
  }
}

// The worker's end: comms by their number, and who waits for an answer.
class Link {
  constructor(worker, manager) {
    this.worker = worker;
    this.manager = manager;
    this.comms = new Map();
    this.waiting = new Map();
    this.sent = 0;
  }
  send(id, data, callbacks, buffers = []) {
    const number = String(this.sent++);
    this.waiting.set(number, callbacks);
    const bytes = buffers.map((each) => new Uint8Array(each.buffer ?? each));
    this.worker.postMessage({ type: "comm", id, number, text: JSON.stringify(data), buffers: bytes });
    return number;
  }
  answered(number) {
    const callbacks = this.waiting.get(number);
    this.waiting.delete(number);
    callbacks?.iopub?.status?.({ content: { execution_state: "idle" } });
  }
  take({ kind, id, text, buffers }) {
    const { data, metadata } = JSON.parse(text);
    const message = {
      header: { msg_id: "" },
      parent_header: {},
      channel: "iopub",
      content: { comm_id: id, target_name: "jupyter.widget", data },
      metadata,
      buffers: buffers.map((each) => new DataView(each.buffer, each.byteOffset, each.byteLength)),
    };
    if (kind === "comm_open") this.manager.handle_comm_open(new Comm(id, this), message).catch((error) => fail(String(error)));
    else if (kind === "comm_close") this.comms.get(id)?.closed?.(message);
    else this.comms.get(id)?.take(message);
  }
}

async function widgets() {
  await script("js/require.js");
  window.require.config({ baseUrl: "js" });
  await script("js/embed-amd.js");
  // All of them, so that their style sheets come before the app's, which overrules them.
  const names = ["@jupyter-widgets/html-manager", "@jupyter-widgets/controls", "bqplot", "anywidget"];
  const [{ HTMLManager }] = await Promise.all(names.map(load));
  mark("widgets");
  return new HTMLManager({ loader: load });
}

// The app takes the place of the picture once it is drawn, so that nothing jumps.
async function display(manager, id) {
  stage.classList.add("waiting");
  const view = await manager.create_view(await manager.get_model(id));
  await manager.display_view(view, document.getElementById("rendered_cells"));
  const drawn = () => stage.querySelector(".slls-app.standalone .slls-ledger td.n") && stage.querySelector(".bqplot svg .curve");
  const end = performance.now() + 8000;
  while (!drawn() && performance.now() < end) await new Promise((done) => setTimeout(done, 15));
  const top = picture?.contentWindow.scrollY ?? window.scrollY;
  stage.classList.remove("waiting");
  picture?.remove();
  window.scrollTo(0, top);
  loading.hidden = true;
  window.dispatchEvent(new Event("resize"));
  mark("live");
}

async function start() {
  mark("script");
  const lacking = missing();
  if (lacking) return fail(`This browser lacks ${lacking}, which the explorer computes with. Any newer one will do.`);
  const worker = new Worker("worker.js", { type: "module" });
  const early = [];
  let take = (message) => early.push(message);
  worker.onmessage = ({ data }) => take(data);
  worker.onerror = (event) => fail(`Python could not be started: ${event.message || "a file is missing, or the connection was lost"}.`);
  worker.postMessage({ type: "start", query: window.location.search });
  let manager;
  try {
    manager = await widgets();
  } catch (error) {
    return fail(`The page could not be built: ${error.message}. Check the connection.`);
  }
  const link = new Link(worker, manager);
  take = (message) => {
    if (message.type === "comm") link.take(message);
    else if (message.type === "answered") link.answered(message.number);
    else if (message.type === "progress") tell(message.text, message.share);
    else if (message.type === "mark") mark(message.name);
    else if (message.type === "display") display(manager, message.id).catch((error) => fail(`The app could not be drawn: ${error}`));
    else if (message.type === "failed") fail(message.text);
    else if (message.type === "result") results.get(message.number)?.(message.value);
  };
  for (const message of early.splice(0)) take(message);

  // For tests and for those who look behind the page: run Python in the worker.
  const results = new Map();
  window.sllsPython = (code) =>
    new Promise((done) => {
      const number = results.size;
      results.set(number, done);
      worker.postMessage({ type: "python", number, code });
    });
}

// The second visit, and one without a connection, are served from what this one has loaded.
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("offline.js").catch(() => {
    // A private window, or a page that is not served safely: everything works but that.
  });
}

start();
