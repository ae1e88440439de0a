// Lets htmx put parts of answers into the page under our policy, sends the token of the forms with every request of a script,
// and moves the reader to what is new. Without this file forms and links do the same by loading whole pages.
import htmx from './vendor/htmx.js';

/** htmx puts in only what our own server answered; a script in it never runs (script-src), so only data may stand in one. */
const rules = {
  createHTML: (text) => text,
  createScript: (text) => {
    if (text.trim() !== '') JSON.parse(text);
    return text;
  },
};
const policy = self.trustedTypes?.createPolicy('parts', rules) ?? rules;
htmx.registerExtension('trusted', { init: (api) => { api.initSecurity(policy); } });

/** The token of this session's forms, '' where nobody is signed in. */
export function formToken() {
  return document.querySelector('input[name="amparo-form"]')?.value ?? '';
}

/**
 * Sends `values` as a form, or `{ json }` as JSON, and gives what was answered as JSON.
 * Throws: Error with the slug of the refusal as its message; 'lost' where no answer came.
 */
export async function send(path, values, { json = null, signal = null } = {}) {
  const headers = { Accept: 'application/json', 'Amparo-Form': formToken() };
  if (json !== null) headers['Content-Type'] = 'application/json';
  const body = json !== null ? JSON.stringify(json) : new URLSearchParams(values);
  const answer = await fetch(path, { method: 'POST', headers, body, signal, redirect: 'error' }).catch(() => null);
  if (answer === null) throw new Error('lost');
  const told = await answer.json().catch(() => ({ slug: 'lost' }));
  if (!answer.ok) throw new Error(told.slug);
  return told;
}

const TROUBLE = /<main [^>]*data-view="trouble"/;
const TOKEN = /name="amparo-form" value="([^"]+)"/;

/** What keeps a page whose request failed: its fields stay as they are, and a line above them says what is wrong. */
function failed(kind) {
  const line = document.querySelector(`[data-failed="${kind}"]`);
  if (line === null) return;
  line.hidden = false;
  scrollTo(0, 0);
}

/** The forms of this page are of the session there is now: of one who signed in anew in another tab. Whether there is one. */
async function renewed() {
  const page = await fetch(location.href, { redirect: 'error' }).then((answer) => answer.text()).catch(() => '');
  const token = TOKEN.exec(page)?.[1];
  if (token === undefined) return false;
  for (const input of document.querySelectorAll('input[name="amparo-form"]')) input.value = token;
  return true;
}

/** An answer that is only about what went wrong never takes the place of a page in which something may be typed. */
function kept(event) {
  const { ctx } = event.detail;
  const status = ctx.response?.status ?? 0;
  const isTrouble = status >= 500 || status === 401 || TROUBLE.test(ctx.text);
  if (!isTrouble) return;
  Object.assign(ctx, { swap: 'none', push: 'false', replace: 'false' });
  if (status === 401) failed('over');
  else if (status === 409) renewed().then((is) => failed(is ? 'anew' : 'over'));
  else failed(status === 404 ? 'gone' : status < 500 ? 'refused' : 'lost');
}

addEventListener('htmx:error', () => failed('lost'));
addEventListener('htmx:after:request', kept);
addEventListener('htmx:before:request', () => {
  for (const line of document.querySelectorAll('[data-failed]')) line.hidden = true;
});
addEventListener('htmx:after:swap', () => {
  const told = document.getElementById('told');
  if (told !== null) told.textContent = document.querySelector('[data-notice]')?.textContent ?? '';
  const main = document.getElementById('main');
  const first = main?.querySelector('[data-focus]') ?? main;
  first?.focus({ preventScroll: true });
  scrollTo(0, 0);
});
