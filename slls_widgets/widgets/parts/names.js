// What the widgets do not tell a screen reader by themselves: the name of a button whose text is only a sign, whether a
// button is pressed, where the parts of the page are, and a way past the parameters to the plots.

const BUTTONS = "button.jupyter-button";

function nameButton(button) {
  if (button.title && button.textContent.trim().length <= 2) button.setAttribute("aria-label", button.title);
  if (button.matches(".widget-toggle-button, .chip")) button.setAttribute("aria-pressed", String(button.classList.contains("mod-active")));
}

function nameCard(card) {
  card.setAttribute("role", "region");
  card.setAttribute("aria-label", card.querySelector(".slls-card-title")?.textContent.trim() ?? "");
}

/** Name what is in the app and what will be; returns how to stop. */
function named(app, alone) {
  const names = (root) => {
    root.querySelectorAll(BUTTONS).forEach(nameButton);
    root.querySelectorAll(".slls-card").forEach(nameCard);
  };
  const skip = document.createElement("a");
  skip.className = "slls-skip";
  skip.href = "#";
  skip.textContent = "Skip to the phase diagram";
  const plot = () => app.querySelector(".slls-main .slls-overlay-root .slls-overlay");
  skip.addEventListener("click", (event) => {
    event.preventDefault();
    plot()?.focus();
  });
  // The parts of an app come one after the other, the plots last on a busy machine.
  const marked = () => {
    if (!alone || skip.isConnected || !plot()) return;
    app.querySelector(".slls-main").setAttribute("role", "main");
    app.querySelector(".slls-head").setAttribute("role", "banner");
    app.querySelector(".slls-head").prepend(skip);
  };
  names(app);
  marked();
  const watcher = new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "attributes" && target.matches(BUTTONS)) nameButton(target);
      // What bqplot draws is no HTML.
      for (const node of addedNodes) if (node instanceof HTMLElement) names(node.parentElement ?? node);
    }
    marked();
  });
  watcher.observe(app, { subtree: true, childList: true, attributeFilter: ["class", "title"] });

  return () => {
    watcher.disconnect();
    skip.remove();
  };
}

export { named };
