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

addEventListener('htmx:after:swap', () => {
  const main = document.getElementById('main');
  const first = main?.querySelector('[data-focus]') ?? main;
  first?.focus({ preventScroll: true });
  scrollTo(0, 0);
});
