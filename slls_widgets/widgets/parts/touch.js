// Dragging that leaves a finger its scrolling. A mouse acts at once. A finger acts when it is lifted where it came down, or
// once it has gone sideways; going up or down it scrolls the page, and what it may have done is taken back.

const SLACK_PX = 8;

/**
 * Follow the pointer on a node whose touch-action leaves vertical swipes to the browser.
 *
 * `start(event)`, `move(event)` and `end(event)` follow a drag, `undo()` ends one that became something else;
 * `grips(event)` tells where a finger acts at once, and without `swipes` it drags only from there.
 */
function drags(node, { start, move, end, undo, grips = () => false, swipes = true }) {
  let held = null;
  const begin = (event) => {
    held.acts = true;
    start(event);
  };
  const listeners = {
    pointerdown(event) {
      if (!event.isPrimary || event.button !== 0) return;
      node.setPointerCapture(event.pointerId);
      held = { id: event.pointerId, x: event.clientX, y: event.clientY, acts: false, strayed: false };
      if (event.pointerType !== "touch" || grips(event)) begin(event);
    },
    pointermove(event) {
      if (held?.id !== event.pointerId) return;
      const [x, y] = [Math.abs(event.clientX - held.x), Math.abs(event.clientY - held.y)];
      held.strayed ||= Math.max(x, y) > SLACK_PX;
      if (!held.acts && swipes && x > SLACK_PX && x > y) begin(event);
      if (held.acts) move(event);
    },
    pointerup(event) {
      if (held?.id !== event.pointerId) return;
      if (!held.acts && !held.strayed) begin(event);
      if (held.acts) end(event, !held.strayed);
      held = null;
    },
    pointercancel(event) {
      if (held?.id !== event.pointerId) return;
      if (held.acts) undo();
      held = null;
    },
  };
  for (const [kind, listener] of Object.entries(listeners)) node.addEventListener(kind, listener);
}

export { drags };
