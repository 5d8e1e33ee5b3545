// A button that opens a menu. Looking through the menu with the arrow keys does nothing; a press of an item does.

function render({ model, el }) {
  el.classList.add("slls-menu");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "jupyter-button";
  button.textContent = model.get("label");
  button.title = model.get("tip");
  button.setAttribute("aria-haspopup", "menu");
  const list = document.createElement("div");
  list.className = "slls-menu-list";
  list.setAttribute("role", "menu");
  list.setAttribute("aria-label", model.get("label"));
  // JupyterLab would take the arrow keys to move between cells.
  el.dataset.lmSuppressShortcuts = "true";
  const items = model.get("items").map((name) => {
    const item = document.createElement("div");
    item.setAttribute("role", "menuitem");
    item.tabIndex = -1;
    item.textContent = name;
    item.addEventListener("click", () => {
      show(false);
      button.focus();
      model.send({ type: "choose", item: name });
    });
    list.append(item);
    return item;
  });
  el.append(button, list);

  const isOpen = () => !list.hidden;
  const show = (on) => {
    list.hidden = !on;
    button.setAttribute("aria-expanded", String(on));
  };
  const open = (k) => {
    show(true);
    items.at(k).focus();
  };
  show(false);

  button.addEventListener("click", () => (isOpen() ? show(false) : open(0)));
  el.addEventListener("keydown", (event) => {
    const at = items.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: Math.max(at, 0) - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined && (at >= 0 || event.key.startsWith("Arrow"))) open(next % items.length);
    else if (event.key === "Escape" && isOpen()) {
      show(false);
      button.focus();
    } else if (at >= 0 && ["Enter", " "].includes(event.key)) items[at].click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  // The menu closes when the reader turns to something else.
  el.addEventListener("focusout", (event) => el.contains(event.relatedTarget) || show(false));
}

export default { render };
