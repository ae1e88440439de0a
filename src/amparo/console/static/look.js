// A look: asks for leave, fetches the stills once, and draws one only while the button or the space bar is held.
// It is covered when it is let go, when the window loses the focus or is hidden, and for good when its seconds are over. The stills
// are in this script's memory alone: never an address of the page, never an image that could be saved or dragged. No sound, nothing moves.
import { formToken, send } from './parts.js';

const TICK_MS = 200;
const WALL_MS = 10_000; // as long as the server waits beside twice the seconds granted
let open = null; // the look there is, or null

class Look {
  constructor(panel, granted, stills) {
    Object.assign(this, { panel, granted, stills, at: 0, seenMs: 0, since: null, over: false });
    this.canvas = panel.querySelector('canvas');
    this.hold = panel.querySelector('[data-look-hold]');
    this.wall = setTimeout(() => this.finish(), 2_000 * granted.seconds + WALL_MS / 2);
    this.tick = setInterval(() => this.tell(), TICK_MS);
    panel.querySelector('[data-look-open]').hidden = false;
    panel.querySelector('[data-look-ask]').hidden = true;
    panel.querySelector('[data-look-stills]').hidden = stills.length < 2;
    this.hold.disabled = false;
    this.cover();
    this.tell();
    this.hold.focus();
  }

  /** Milliseconds the picture was bare, all holds together. */
  get shownMs() {
    return Math.round(this.seenMs + (this.since === null ? 0 : performance.now() - this.since));
  }

  get leftMs() {
    return Math.max(0, 1_000 * this.granted.seconds - this.shownMs);
  }

  reveal() {
    if (this.over || this.since !== null || document.hidden || !document.hasFocus()) return;
    this.since = performance.now();
    this.end = setTimeout(() => this.finish(), this.leftMs);
    this.draw();
  }

  cover() {
    clearTimeout(this.end);
    if (this.since !== null) this.seenMs += performance.now() - this.since;
    this.since = null;
    this.canvas.getContext('2d').clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.canvas.setAttribute('aria-label', this.canvas.dataset.covered);
    this.hold.setAttribute('aria-pressed', 'false');
  }

  draw() {
    const still = this.stills[this.at];
    this.canvas.width = still.width;
    this.canvas.height = still.height;
    this.canvas.getContext('2d').drawImage(still, 0, 0);
    this.canvas.setAttribute('aria-label', this.canvas.dataset.bare);
    this.hold.setAttribute('aria-pressed', 'true');
  }

  step(by) {
    if (this.over) return;
    this.at = Math.min(this.stills.length - 1, Math.max(0, this.at + by));
    if (this.since !== null) this.draw();
    this.tell();
  }

  tell() {
    if (!this.panel.isConnected) {
      this.leave();
      return;
    }
    const left = this.panel.querySelector('[data-look-left]');
    left.textContent = left.dataset.words.replace('{n}', Math.ceil(this.leftMs / 1_000));
    const still = this.panel.querySelector('[data-look-still]');
    still.textContent = still.dataset.words.replace('{n}', this.at + 1).replace('{all}', this.stills.length);
  }

  /** Covered for good: nothing is left of the picture. */
  close() {
    if (this.over) return;
    this.cover();
    this.over = true;
    clearTimeout(this.wall);
    clearInterval(this.tick);
    for (const still of this.stills) still.close();
    this.stills = [];
    this.hold.disabled = true;
  }

  /** Its seconds are over, or it is done with. */
  async finish(severity = 0) {
    const wasOver = this.over;
    this.close();
    const said = this.panel.querySelector('[data-look-said]');
    const values = { shown_ms: String(this.shownMs), severity: String(severity) };
    const told = await send(`${this.granted.address}/covered`, values).catch(() => null);
    if (!wasOver) said.textContent = told === null ? said.dataset.over : said.dataset.counted;
  }

  /** Said how heavy it was: another may be asked for. */
  offerAnother() {
    open = null;
    this.panel.querySelector('[data-look-open]').hidden = true;
    const form = this.panel.querySelector('[data-look-ask]');
    form.hidden = false;
    form.querySelector('[data-decide="look"]').disabled = false;
    form.querySelector('[data-decide="look"]').focus();
  }

  /** The page goes: there is no time to wait for an answer. */
  leave() {
    if (this.over) return;
    this.close();
    const values = { 'amparo-form': formToken(), shown_ms: String(this.shownMs) };
    navigator.sendBeacon(`${this.granted.address}/covered`, new URLSearchParams(values));
    open = null;
  }
}

/** The stills of a look that was granted: pictures in memory, one after the other in the answer. */
async function fetched(address) {
  const answer = await fetch(address, { headers: { Accept: 'application/json' }, redirect: 'error' }).catch(() => null);
  if (answer === null) throw new Error('lost');
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({ slug: 'lost' }))).slug);
  const whole = await answer.blob();
  const stills = [];
  let at = 0;
  for (const size of answer.headers.get('Amparo-Stills').split(',').map(Number)) {
    stills.push(await createImageBitmap(whole.slice(at, at + size, 'image/webp')));
    at += size;
  }
  return stills;
}

async function ask(form) {
  const panel = form.closest('[data-look]');
  const button = form.querySelector('[data-decide="look"]');
  const said = panel.querySelector('[data-look-said]');
  button.disabled = true;
  said.textContent = '';
  try {
    const granted = await send(form.getAttribute('action'), [...new FormData(form)]);
    const stills = await fetched(granted.address);
    if (!panel.isConnected) {
      navigator.sendBeacon(`${granted.address}/covered`, new URLSearchParams({ 'amparo-form': formToken(), shown_ms: '0' }));
      return;
    }
    open = new Look(panel, granted, stills);
  } catch (error) {
    const found = panel.querySelector(`[data-look-refused="${CSS.escape(error.message)}"]`) ?? panel.querySelector('[data-look-refused="lost"]');
    said.textContent = found.textContent;
    button.disabled = false;
  }
}

/** Without this script the button does nothing, so it stands disabled in the page. */
function ready() {
  for (const button of document.querySelectorAll('[data-look-ask] [data-decide="look"]')) button.disabled = false;
  if (open !== null && !open.panel.isConnected) open.leave();
}

const isHold = (event) => open !== null && event.target.closest?.('[data-look-hold], [data-look] canvas') && open.panel.contains(event.target);

addEventListener('submit', (event) => {
  if (event.target.matches('[data-look-ask]')) {
    event.preventDefault();
    if (open === null || open.over) ask(event.target);
  } else if (event.target.matches('[data-look-done]') && open !== null) {
    event.preventDefault();
    const chosen = new FormData(event.target).get('severity');
    const look = open;
    look.finish(chosen).then(() => look.offerAnother());
  } else {
    open?.leave(); // another button of the card: whatever it does, the picture is covered first
  }
}, { capture: true });

addEventListener('pointerdown', (event) => {
  if (!isHold(event) || event.button !== 0) return;
  event.preventDefault();
  open.hold.focus();
  open.reveal();
});
for (const name of ['pointerup', 'pointercancel', 'blur', 'contextmenu']) addEventListener(name, () => open?.cover());
addEventListener('pointermove', (event) => {
  if (open?.since !== null && event.buttons === 1 && !isHold(event)) open?.cover();
});
addEventListener('keydown', (event) => {
  if (!isHold(event)) return;
  if (event.key === ' ') {
    event.preventDefault();
    if (!event.repeat) open.reveal();
  } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
    event.preventDefault();
    open.step(event.key === 'ArrowRight' ? 1 : -1);
  }
});
addEventListener('keyup', (event) => {
  if (open !== null && event.key === ' ') {
    if (isHold(event)) event.preventDefault();
    open.cover();
  }
});
addEventListener('focusout', () => open?.cover());
document.addEventListener('visibilitychange', () => { if (document.hidden) open?.cover(); });
addEventListener('pagehide', () => open?.leave());
addEventListener('click', (event) => {
  const by = event.target.closest?.('[data-look-step]')?.dataset.lookStep;
  if (by !== undefined) open?.step(Number(by));
});
addEventListener('htmx:after:swap', ready);
ready();
