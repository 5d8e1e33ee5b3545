// Run by `pictures` in a page that is live: the app as it stands there, as a document that needs no script.
async () => {
  const app = document.querySelector(".slls-app");
  const copy = app.cloneNode(true);
  const pairs = (selector) => [...app.querySelectorAll(selector)].map((each, k) => [each, copy.querySelectorAll(selector)[k]]);
  for (const [live, still] of pairs("svg")) {
    if (live.ownerSVGElement) continue; // a part of another one, which is stretched with it
    const { width, height } = live.getBoundingClientRect();
    // Drawn for one size of window, shown in any.
    if (!still.getAttribute("viewBox") && width) {
      still.setAttribute("viewBox", `0 0 ${width} ${height}`);
      still.setAttribute("preserveAspectRatio", "none");
    }
  }
  for (const [live, still] of pairs("input, select")) {
    if (live.tagName === "SELECT") still.options[live.selectedIndex]?.setAttribute("selected", "");
    else still.setAttribute("value", live.value);
  }
  for (const [live, still] of pairs("canvas")) {
    if (live.closest(".bqplot")) {
      still.remove(); // for marks that nothing here uses
      continue;
    }
    const image = document.createElement("img");
    image.className = `${live.className} drawn`;
    image.style.cssText = live.style.cssText;
    if (live.width && live.height) image.src = live.toDataURL("image/webp", 0.9);
    image.alt = "";
    still.replaceWith(image);
  }
  // What a widget has made into an address of its own page becomes part of the picture.
  for (const each of copy.querySelectorAll("image")) {
    const address = each.getAttribute("href") ?? each.getAttribute("xlink:href") ?? "";
    if (!address.startsWith("blob:")) continue;
    const reader = new FileReader();
    const read = new Promise((done) => (reader.onload = done));
    reader.readAsDataURL(await (await fetch(address)).blob());
    await read;
    each.setAttribute("href", reader.result);
    each.removeAttribute("xlink:href");
  }
  for (const each of copy.querySelectorAll("script, style, .slls-alert, dialog")) each.remove();
  copy.inert = true; // it can be scrolled, no more

  // Only those rules of the style sheets that something in it meets.
  const met = (selector) => {
    try {
      const plain = selector.replace(/::?(before|after|hover|focus|focus-visible|active|-[a-z-]+|placeholder)/g, "");
      return document.querySelector(plain || "*");
    } catch {
      return true;
    }
  };
  const kept = (rules) =>
    [...rules]
      .map((rule) => {
        if (rule instanceof CSSStyleRule) return rule.selectorText.split(",").some(met) ? rule.cssText : "";
        // Those for a size of the window, or of a container.
        if (rule.cssRules && !(rule instanceof CSSKeyframesRule)) {
          const inner = kept(rule.cssRules);
          return inner && `${rule.cssText.slice(0, rule.cssText.indexOf("{"))} {${inner}}`;
        }
        return "";
      })
      .join("\n");
  const css = [...document.styleSheets].filter((sheet) => sheet.ownerNode.tagName === "STYLE").map((sheet) => kept(sheet.cssRules)).join("\n");
  const theme = document.documentElement.dataset.sllsTheme;
  return `<!doctype html><html lang="en" data-slls-theme="${theme}"><meta charset="utf-8"><style>${css}
img.drawn { width: 100%; height: 100%; display: block; }</style>
<body class="${document.body.className}"><div id="rendered_cells">${copy.outerHTML}</div></body></html>`;
}
