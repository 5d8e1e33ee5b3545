// What a symbol means, beside it: on hover, on focus and on tap. Everything marked with data-term has an explanation,
// which is in the page's table, or the node's own data-says.

const DELAY_MS = 300;

/** Write a text into a node, "S_P" with a true subscript. */
function set(node, text) {
  node.innerHTML = "";
  text.split(/_(\w)/).forEach((part, i) => {
    if (i % 2) node.append(Object.assign(document.createElement("sub"), { textContent: part }));
    else node.append(part);
  });
}

function explains(app, terms) {
  const tip = document.createElement("div");
  tip.className = "slls-explain";
  tip.id = `slls-explain-${Math.random().toString(36).slice(2)}`;
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  app.append(tip);
  let shown = null;
  let waiting = 0;

  const hide = () => {
    clearTimeout(waiting);
    shown?.removeAttribute("aria-describedby");
    shown = null;
    tip.hidden = true;
  };
  const show = (node) => {
    const { term, says } = node.dataset;
    const text = says ?? terms[term];
    if (!text) return;
    hide();
    shown = node;
    const name = document.createElement("b");
    set(name, node.dataset.name ?? term);
    const body = document.createElement("span");
    set(body, ` ${text}`);
    tip.replaceChildren(name, body);
    tip.hidden = false;
    node.setAttribute("aria-describedby", tip.id);
    const [box, all] = [node.getBoundingClientRect(), app.getBoundingClientRect()];
    const scale = all.width / app.offsetWidth || 1;
    const room = app.offsetWidth - tip.offsetWidth - 8;
    const above = box.bottom + scale * tip.offsetHeight + 12 > window.innerHeight;
    tip.style.left = `${Math.max(8, Math.min((box.left - all.left) / scale, room))}px`;
    tip.style.top = `${above ? (box.top - all.top) / scale - tip.offsetHeight - 6 : (box.bottom - all.top) / scale + 6}px`;
  };
  const term = (event) => event.target.closest?.("[data-term]");
  const hint = (event) => {
    if (event.pointerType !== "mouse") return;
    const node = term(event);
    clearTimeout(waiting);
    if (node && node !== shown) waiting = setTimeout(() => show(node), DELAY_MS);
    else if (!node && shown && shown !== document.activeElement && !tip.contains(event.target)) waiting = setTimeout(hide, DELAY_MS);
  };
  // A table that is written anew while its symbol has the focus must not lose it.
  const kept = new MutationObserver(() => {
    if (!shown || shown.isConnected) return;
    const { term, card } = shown.slls;
    hide();
    card.querySelector(`[data-term="${term}"][tabindex]`)?.focus({ preventScroll: true });
  });
  const focused = (event) => {
    const node = term(event);
    kept.disconnect();
    if (!node) return shown && hide();
    if (!node.matches(":focus-visible")) return;
    show(node);
    node.slls = { term: node.dataset.term, card: node.closest(".slls-card") ?? app };
    kept.observe(node.slls.card, { subtree: true, childList: true });
  };
  const pressed = (event) => {
    const node = term(event);
    if (!node) hide();
    else if (node !== shown || event.type === "keydown") show(node);
  };
  const keyed = (event) => {
    if (event.key === "Escape") hide();
    if (["Enter", " "].includes(event.key) && event.target.matches?.("[data-term]")) {
      pressed(event);
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const listeners = { pointerover: hint, focusin: focused, click: pressed, keydown: keyed };
  for (const [kind, listener] of Object.entries(listeners)) app.addEventListener(kind, listener);
  return () => {
    hide();
    kept.disconnect();
    for (const [kind, listener] of Object.entries(listeners)) app.removeEventListener(kind, listener);
    tip.remove();
  };
}

export { explains };
