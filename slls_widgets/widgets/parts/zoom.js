// Sizes that follow the page. Beyond the width of a desk's screen everything grows with the window, so that text on a
// wall of pixels keeps its share of it; while presenting, the whole window shows what a small laptop would.

const WIDEST = 1920;
const PRESENTED = 1280;

// bqplot draws into the size its element has on the screen, which is not the one it has in the page.
function unzoomed(figure, zoom) {
  figure.getBoundingClientRect = () => {
    const { x, y, width, height } = Element.prototype.getBoundingClientRect.call(figure);
    return new DOMRect(x, y, width / zoom(), height / zoom());
  };
}

/** Fit the app to its window, now and whenever that changes; returns how to stop. */
function fitted(app) {
  const zoom = () => Number(app.style.getPropertyValue("--zoom")) || 1;
  const figures = () => app.querySelectorAll(".bqplot.figure").forEach((figure) => {
    if (!Object.hasOwn(figure, "getBoundingClientRect")) unzoomed(figure, zoom);
  });
  const fit = () => {
    figures();
    const wide = document.documentElement.clientWidth;
    const wanted = Math.max(1, wide / (app.classList.contains("presenting") ? PRESENTED : WIDEST)).toFixed(3);
    if (Number(wanted) === zoom()) return;
    app.style.setProperty("--zoom", wanted);
    // The figures look at their size again when the window has changed.
    requestAnimationFrame(() => window.dispatchEvent(new Event("resize")));
  };
  const made = new MutationObserver(figures);
  made.observe(app, { subtree: true, childList: true });
  const turned = new MutationObserver(fit);
  turned.observe(app, { attributeFilter: ["class"] });
  window.addEventListener("resize", fit);
  fit();
  return () => {
    made.disconnect();
    turned.disconnect();
    window.removeEventListener("resize", fit);
  };
}

export { fitted };
