// The app on paper: one sheet, A4 across, in the light theme. A plot is drawn for a size in pixels and draws itself anew
// only some time after its box has changed, which is too late for a printer: it keeps the size that it has on screen, and
// is scaled as a whole, with all that lies on it, into the box that it has on the sheet.

const PLOT = ".slls-plot > .bqplot, .slls-plot > .slls-overlay-root, .slls-plot > .slls-sphere-canvas";

function onto(app) {
  const plots = [...app.querySelectorAll(PLOT)].map((part) => {
    const zoom = Number(app.style.getPropertyValue("--zoom")) || 1;
    const box = Element.prototype.getBoundingClientRect.call(part);
    return { part, width: box.width / zoom, height: box.height / zoom, style: part.getAttribute("style") };
  });
  const theme = app.dataset.theme;
  app.dataset.theme = "light";
  document.body.classList.add("slls-paper");
  // The sheet may be shown scaled already; its width is that of the style sheet.
  const scale = app.getBoundingClientRect().width / parseFloat(getComputedStyle(app).getPropertyValue("--sheet"));
  const boxes = plots.map(({ part }) => part.parentElement.getBoundingClientRect());
  plots.forEach(({ part, width, height }, k) => {
    const [wide, high] = [boxes[k].width / scale, boxes[k].height / scale];
    const fit = Math.min(wide / width, high / height) || 1;
    const [left, top] = [(wide - fit * width) / 2, (high - fit * height) / 2];
    Object.assign(part.style, {
      position: "absolute", inset: "0 auto auto 0", width: `${width}px`, height: `${height}px`,
      transformOrigin: "0 0", transform: `translate(${left}px, ${top}px) scale(${fit})`,
    });
    part.dispatchEvent(new Event("slls-draw"));
  });
  return () => {
    document.body.classList.remove("slls-paper");
    app.dataset.theme = theme;
    for (const { part, style } of plots) {
      if (style === null) part.removeAttribute("style");
      else part.setAttribute("style", style);
      part.dispatchEvent(new Event("slls-draw"));
    }
  };
}

/** Put an app on paper whenever its page is printed; returns what ends that. */
export function printed(root) {
  const media = window.matchMedia("print");
  let off = null;
  const on = () => {
    if (root()) off ??= onto(root());
  };
  const away = () => {
    off?.();
    off = null;
  };
  const changed = () => (media.matches ? on() : away());
  window.addEventListener("beforeprint", on);
  window.addEventListener("afterprint", away);
  media.addEventListener("change", changed);
  return () => {
    away();
    window.removeEventListener("beforeprint", on);
    window.removeEventListener("afterprint", away);
    media.removeEventListener("change", changed);
  };
}
