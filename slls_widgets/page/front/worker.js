// Python, off the page's own thread. Messages are those of a Jupyter kernel's comms, see page.js.

import { loadPyodide } from "./pyodide/pyodide.mjs";

const say = (message, transfer = []) => self.postMessage(message, transfer);
const mark = (name) => say({ type: "mark", name });

const early = [];
let take = (message) => early.push(message);
self.onmessage = ({ data }) => take(data);

const words = { downloading: "Loading Python and its libraries", unpacking: "Unpacking", importing: "Starting Python", computing: "Computing" };
const progress = (what, share, detail = "") => say({ type: "progress", text: `${words[what]} …${detail}`, share });

// Count what arrives, to tell how far it is. Not what a browser compiles while it arrives, and keeps compiled.
const plain = self.fetch.bind(self);
let expected = 0;
let arrived = 0;
self.fetch = async (...asked) => {
  const answer = await plain(...asked);
  if (!answer.ok || !answer.body || answer.url.endsWith(".wasm")) return answer;
  const counted = answer.body.pipeThrough(
    new TransformStream({
      transform(chunk, onward) {
        arrived += chunk.byteLength;
        if (expected) progress("downloading", 0.6 * Math.min(1, arrived / expected), ` ${(arrived / 1e6).toFixed(1)} of ${(expected / 1e6).toFixed(1)} MB`);
        onward.enqueue(chunk);
      },
    }),
  );
  return new Response(counted, { headers: { "content-type": answer.headers.get("content-type") ?? "" } });
};

const here = (name) => new URL(name, self.location.href).href;

async function bytes(name) {
  const answer = await self.fetch(here(name));
  if (!answer.ok) throw new Error(`${name} could not be loaded (${answer.status})`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function start({ query }) {
  progress("downloading", 0.02);
  const site = JSON.parse(new TextDecoder().decode(await bytes("site.json")));
  expected = site.first;
  const app = bytes(site.app);
  const python = await loadPyodide({
    indexURL: here("pyodide/"),
    stdLibURL: here(site.library),
    packages: ["numpy"],
    env: { HOME: "/home/pyodide", MPLBACKEND: "agg" },
  });
  mark("python");
  progress("unpacking", 0.62);
  python.unpackArchive(await app, "zip", { extractDir: "/app" });
  mark("unpacked");
  progress("importing", 0.7);
  python.runPython("import sys; sys.path.insert(0, '/app')");
  const session = python.pyimport("slls_widgets.page.session");
  mark("session");
  session.connect((kind, id, text, buffers) => say({ type: "comm", kind, id, text, buffers }, buffers.map((each) => each.buffer)), (names) => python.loadPackage(names, { messageCallback: () => {} }), site.later);
  progress("computing", 0.9);
  const id = session.start(query);
  mark("built");
  say({ type: "display", id });
  take = (message) => {
    if (message.type === "comm") {
      session.receive(message.id, message.text, message.buffers);
      say({ type: "answered", number: message.number });
    } else if (message.type === "python") {
      let value;
      try {
        value = String(python.runPython(message.code));
      } catch (error) {
        value = `failed: ${error.message}`;
      }
      say({ type: "result", number: message.number, value });
    }
  };
  for (const message of early.splice(0)) take(message);
}

// A browser's own message, in words.
function inWords(error) {
  const text = String(error?.message ?? error).trim().split("\n").pop();
  if (/memory/i.test(text)) return "The browser's memory is full. Close other tabs and try again.";
  if (/fetch|NetworkError|load/i.test(text)) return "A file could not be loaded. Check the connection and try again.";
  return `Python could not be started: ${text}`;
}

take = (message) => {
  if (message.type !== "start") return early.push(message);
  take = (other) => early.push(other);
  start(message).catch((error) => {
    console.error(error);
    say({ type: "failed", text: inWords(error) });
  });
};
for (const message of early.splice(0)) take(message);
