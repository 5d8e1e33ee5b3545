// A modal dialog. The browser's own element brings the focus in and back, keeps it inside and knows Escape.

// The line of HTML that shows the app of this page in another.
function frame(query) {
  const { origin, pathname } = window.location;
  const address = `${origin}${pathname}?${query}&embed=1`.replaceAll("&", "&amp;");
  return `<iframe src="${address}" title="A magnet that pumps entropy" style="width: 100%; height: 520px; border: 0" allow="clipboard-write"></iframe>`;
}

function build(el) {
  const dialog = document.createElement("dialog");
  dialog.className = "slls-sheet";
  const head = document.createElement("div");
  head.className = "slls-sheet-head";
  const title = document.createElement("h2");
  title.id = `slls-sheet-${Math.random().toString(36).slice(2)}`;
  dialog.setAttribute("aria-labelledby", title.id);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "slls-sheet-close";
  close.textContent = "✕";
  close.title = "close (Escape)";
  close.setAttribute("aria-label", "Close");
  const body = document.createElement("div");
  body.className = "slls-sheet-body";
  body.tabIndex = 0; // it scrolls: the keyboard must reach it
  head.append(title, close);
  dialog.append(head, body);
  el.append(dialog);

  close.addEventListener("click", () => dialog.close());
  // A click beside the window falls on the dialog itself.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  // JupyterLab would take keys that are meant for the dialog.
  dialog.dataset.lmSuppressShortcuts = "true";
  dialog.addEventListener("close", () => dialog.classList.remove("open"));
  body.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copies]");
    if (!button) return;
    const text = body.querySelector(button.dataset.copies);
    getSelection().selectAllChildren(text); // where the clipboard is refused, Ctrl+C finishes the work
    const done = await navigator.clipboard?.writeText(text.textContent).then(() => true, () => false);
    button.textContent = done || document.execCommand("copy") ? "Copied ✓" : "Selected: press Ctrl+C";
  });
  const open = (message) => {
    title.innerHTML = message.title;
    body.innerHTML = message.body;
    for (const line of body.querySelectorAll("[data-frame]")) line.textContent = frame(line.dataset.frame);
    if (!dialog.open) dialog.showModal();
    dialog.classList.add("open");
    body.scrollTop = 0;
    close.focus();
  };
  return { dialog, open };
}

// One for each widget, however many places show it: the text opens in the place where the reader is.
function sheet() {
  const places = new Set();

  function initialize({ model }) {
    const received = (message) => {
      const here = (each) => each.dialog.closest(".slls-app")?.contains(document.activeElement);
      const place = [...places].find(here) ?? [...places][0];
      if (message.type === "open") place?.open(message);
    };
    model.on("msg:custom", received);
    return () => model.off("msg:custom", received);
  }

  function render({ el }) {
    const place = build(el);
    places.add(place);
    return () => {
      places.delete(place);
      place.dialog.remove();
    };
  }

  return { initialize, render };
}

export default sheet;
