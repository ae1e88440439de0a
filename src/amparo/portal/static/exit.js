// Leaving fast. Loaded by the head of every page before anything is shown; not a module, since those run after the page is seen.
// A click on the exit link, or Shift three times within five seconds, takes the page away at once and goes on to /exit, which
// ends the session. Without script the link does the same, only slower. Back afterwards shows nothing (see `pageshow`).
(() => {
  'use strict';
  const EXIT = '/exit';
  const PRESSES = 3;
  const WITHIN_MS = 5000;
  const MARK = 'm'; // set by the page behind /exit, for this tab alone, and only so that Back shows nothing

  const others = 'BroadcastChannel' in self ? new BroadcastChannel('exit') : null;
  let isGone = false;

  /** Take away all that is to be seen, and what was chosen and typed; the tab's name too. */
  const blank = () => {
    isGone = true;
    for (const field of document.querySelectorAll('input, textarea')) field.value = ''; // a chosen file is let go of too
    document.documentElement.replaceChildren();
    document.title = '';
  };

  const leave = () => {
    blank();
    location.replace(EXIT);
  };

  const leaveEverywhere = () => {
    others?.postMessage('');
    leave();
  };

  const wasLeft = () => {
    try {
      return sessionStorage.getItem(MARK) !== null;
    } catch {
      return false; // no storage: nothing can be told from here
    }
  };

  const arrive = () => {
    const [entry] = performance.getEntriesByType('navigation');
    if (!wasLeft()) return;
    if (entry?.type === 'back_forward') return leave();
    sessionStorage.removeItem(MARK); // she came back of her own will
  };

  arrive();
  if (others) others.onmessage = leave;

  // Kept by the browser as it was, and shown again by Back.
  addEventListener('pageshow', (event) => {
    if (event.persisted && (isGone || wasLeft())) leave();
  });

  addEventListener('click', (event) => {
    if (!event.target.closest?.('[data-act="exit"]')) return;
    event.preventDefault();
    leaveEverywhere();
  }, true);

  // Shift alone, pressed and let go. Input methods switch language by it, so it counts nowhere where text is typed or composed.
  let presses = [];
  let isShiftAlone = false;
  const forget = () => {
    presses = [];
    isShiftAlone = false;
  };
  const isTyping = (event) =>
    event.isComposing || event.keyCode === 229 || event.target.closest?.('input:not([type=radio], [type=checkbox], [type=file]), textarea, select, [contenteditable]');

  addEventListener('keydown', (event) => {
    if (event.key !== 'Shift' || event.ctrlKey || event.altKey || event.metaKey || isTyping(event)) return forget();
    if (!event.repeat) isShiftAlone = true;
  }, true);
  addEventListener('keyup', (event) => {
    if (event.key !== 'Shift' || !isShiftAlone) return;
    isShiftAlone = false;
    const now = performance.now();
    presses = [...presses.filter((at) => now - at < WITHIN_MS), now];
    if (presses.length >= PRESSES) leaveEverywhere();
  }, true);
  for (const name of ['compositionstart', 'compositionend', 'pointerdown', 'blur']) addEventListener(name, forget, true);

  // After a while without a word from her: that nothing is lost.
  addEventListener('DOMContentLoaded', () => {
    for (const told of document.querySelectorAll('[data-idle-s]')) {
      setTimeout(() => { told.hidden = false; }, 1000 * Number(told.dataset.idleS));
    }
  });
})();
