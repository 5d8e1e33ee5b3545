// Keep the site's files, so that the next visit needs no connection. Each version of the site has its own store:
// files of two versions never meet.

const VERSION = "<!-- VERSION -->";
const FILES = /* FILES */ [];
const STORE = `slls-${VERSION}`;

self.addEventListener("install", (event) => {
  const keep = async () => {
    const store = await caches.open(STORE);
    // The browser has most of them from this visit; "no-cache" asks whether they are still those of this version.
    await store.addAll(FILES.map((name) => new Request(name, { cache: "no-cache" })));
    await self.skipWaiting();
  };
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) if (name.startsWith("slls-") && name !== STORE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  const answer = async () => {
    const store = await caches.open(STORE);
    const found = await store.match(request, { ignoreSearch: true });
    if (found) return found;
    const fresh = await fetch(request);
    // What comes later than the first view is kept when it is asked for.
    if (fresh.ok && /\/(pyodide|pictures)\//.test(request.url)) await store.put(request, fresh.clone());
    return fresh;
  };
  event.respondWith(answer());
});
