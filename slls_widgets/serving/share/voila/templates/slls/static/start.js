// What happens in the page before Voila's own script has loaded: the skeleton stays until the first widget
// is drawn, and Voila finds the functions it calls.
(function () {
  "use strict";
  // anywidget gives up a widget whose script has not run two seconds after it arrived. On a busy machine or a
  // phone that is too soon, and what is given up stays away for good.
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (milliseconds) => timeout(Math.max(milliseconds, 120000));

  const skeleton = document.getElementById("slls-skeleton");
  const ready = "#rendered_cells .jupyter-widgets, #rendered_cells .jp-OutputArea-output pre";
  const late = setTimeout(() => {
    skeleton.querySelector("span").textContent =
      "This takes longer than usual. If nothing appears in a minute, please reload the page.";
  }, 30000);
  const observer = new MutationObserver(() => {
    const shown = document.getElementById("rendered_cells");
    if (shown && shown.style.display !== "none" && document.querySelector(ready)) {
      observer.disconnect();
      clearTimeout(late);
      skeleton.remove();
    }
  });
  observer.observe(document.documentElement, {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["style"],
  });

  // Voila's script calls display_cells once its theme has loaded, unless the cells are not there yet.
  window.display_cells = () => {
    if (!window.themeLoaded) {
      window.cellLoaded = true;
      return;
    }
    document.getElementById("rendered_cells").style.display = "";
  };
  window.update_loading_text = window.voila_process = window.voila_heartbeat = () => {};
  window.voila_finish = window.display_cells;
  document.addEventListener("DOMContentLoaded", window.voila_finish);
})();
