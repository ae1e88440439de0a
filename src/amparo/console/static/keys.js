// Keys: one that stands on a button or link (data-key) presses it; j and k go through rows (data-row); ? lists the keys of the page.
// Keys count nowhere where text is typed or composed, with a modifier held, or while a dialog is open, and can be turned off.
// Nothing is pressed while an answer is on its way, nor in the first moment of a new part of the page, nor by the second click of two:
// who presses twice means the card they saw, not the one that took its place.

const OFF = 'keys-off';
const FIELDS = 'input:not([type=radio], [type=checkbox], [type=submit], [type=button]), textarea, select, [contenteditable]';

const QUIET_MS = 300;

/** Whether a press counts now. sending: how many answers are on their way. since: ms since the page's part changed. */
export function isQuiet(sending, since) {
  return sending > 0 || since < QUIET_MS;
}

function isOff() {
  try {
    return localStorage.getItem(OFF) !== null;
  } catch {
    return false; // no storage here: keys work
  }
}

function turn(isOn) {
  try {
    if (isOn) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, '1');
  } catch {
    // nothing to remember it by
  }
}

/** What can be pressed now, in the order of the page. */
function pressable() {
  return [...document.querySelectorAll('[data-key]')].filter((each) => !each.disabled && each.checkVisibility());
}

/** What an element says, without the key that stands on it. */
function nameOf(element) {
  const copy = element.cloneNode(true);
  for (const key of copy.querySelectorAll('kbd')) key.remove();
  return element.getAttribute('aria-label') ?? copy.textContent.trim();
}

function list() {
  const dialog = document.getElementById('keys');
  const shown = dialog.querySelector('[data-keys]');
  shown.replaceChildren(...pressable().flatMap((each) => {
    const key = document.createElement('dt');
    key.append(Object.assign(document.createElement('kbd'), { textContent: each.dataset.key }));
    return [key, Object.assign(document.createElement('dd'), { textContent: nameOf(each) })];
  }));
  const box = document.getElementById('keys-on');
  box.checked = !isOff();
  box.onchange = () => turn(box.checked);
  dialog.showModal();
}

/** To the next row, or the one before. */
function step(by) {
  const rows = [...document.querySelectorAll('[data-row]')];
  if (rows.length === 0) return false;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  (row.querySelector('a[href], button, input') ?? row).focus();
  return true;
}

function taken(key) {
  if (key === 'j' || key === 'k') return step(key === 'j' ? 1 : -1);
  const found = pressable().find((each) => each.dataset.key === key);
  if (found === undefined && key !== '?') return false;
  if (key === '?') list();
  else found.click();
  return true;
}

let sending = 0;
let changed = -Infinity;

if (globalThis.document !== undefined) listen();

function listen() {
  addEventListener('htmx:before:request', () => { sending += 1; });
  addEventListener('htmx:finally:request', () => { sending = Math.max(0, sending - 1); });
  addEventListener('htmx:after:swap', () => { changed = performance.now(); });
  addEventListener('keydown', pressed);
  addEventListener('click', (event) => {
    const isAgain = event.detail > 1 && event.target.closest?.('[data-decide]');
    if (isAgain || (sending > 0 && event.target.closest?.('form[hx-boost] button'))) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, { capture: true });
  addEventListener('click', (event) => {
    if (event.target.closest?.('[data-key="?"]')) list();
  });
}

export function pressed(event) {
  if (event.isComposing || event.keyCode === 229 || event.repeat) return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.closest?.(FIELDS) || document.querySelector('dialog[open]')) return;
  if (isOff() && event.key !== '?') return;
  if (isQuiet(sending, performance.now() - changed)) return;
  if (taken(event.key)) event.preventDefault();
}
