// A text for the eye that changes at once, and for a screen reader the same text in a live region: an alert
// speaks at once, a status when the text has rested.

const REST_MS = 800;

function render({ model, el }) {
  const role = model.get("role");
  const seen = document.createElement("span");
  const heard = role === "alert" ? seen : document.createElement("span");
  heard.setAttribute("role", role);
  heard.setAttribute("aria-live", role === "alert" ? "assertive" : "polite");
  el.append(seen);
  if (heard !== seen) {
    heard.className = "slls-sr";
    seen.setAttribute("aria-hidden", "true");
    el.append(heard);
  }
  let resting = 0;
  const show = () => {
    seen.innerHTML = model.get("value");
    if (heard === seen) return;
    clearTimeout(resting);
    resting = setTimeout(() => (heard.textContent = seen.textContent), REST_MS);
  };
  model.on("change:value", show);
  show();
  return () => {
    clearTimeout(resting);
    model.off("change:value", show);
  };
}

export default { render };
