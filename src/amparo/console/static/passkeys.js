// Passkeys: makes one or shows one for a form (data-passkey), and tells the server what the browser answered.
// The passkey is asked for a secret of its own (the PRF extension), by which the server locks one's key; one without it works too.
import { send } from './parts.js';
import { say } from './words.js';

const STAYS = new Set(['bad_sign_in', 'bad_prf', 'bad_name', 'member_taken', 'invite_over', 'page_too_old', 'sign_in_tries', 'session_over', 'not_fresh', 'lost']);

const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));

function textOf(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const listed = (credentials) => (credentials ?? []).map((each) => ({ ...each, id: bytesOf(each.id) }));

/** The options as the browser takes them: bytes where JSON has text. */
function optionsOf(told) {
  const options = { ...told, challenge: bytesOf(told.challenge) };
  if (told.user) options.user = { ...told.user, id: bytesOf(told.user.id) };
  if (told.excludeCredentials) options.excludeCredentials = listed(told.excludeCredentials);
  if (told.allowCredentials) options.allowCredentials = listed(told.allowCredentials);
  const { prf } = told.extensions;
  options.extensions = { ...told.extensions, prf: { eval: { first: bytesOf(prf.eval.first) } } };
  return options;
}

/** What the browser answered, as JSON has it; the passkey's secret with it, where there is one. */
function answerOf(credential) {
  const { response } = credential;
  const told = { clientDataJSON: textOf(response.clientDataJSON) };
  if (response.attestationObject) {
    told.attestationObject = textOf(response.attestationObject);
    told.transports = response.getTransports?.() ?? [];
  } else {
    told.authenticatorData = textOf(response.authenticatorData);
    told.signature = textOf(response.signature);
    if (response.userHandle) told.userHandle = textOf(response.userHandle);
  }
  const first = credential.getClientExtensionResults().prf?.results?.first;
  const extensions = first ? { prf: { results: { first: textOf(first) } } } : {};
  return { id: credential.id, rawId: textOf(credential.rawId), type: credential.type, response: told, clientExtensionResults: extensions };
}

/** The key of the sentence for what went wrong. */
function wrong(error) {
  if (error.name === 'InvalidStateError') return 'known';
  if (error.name === 'NotAllowedError' || error.name === 'AbortError') return 'cancelled';
  if (error.name === 'SecurityError' || error.name === 'NotSupportedError') return 'none';
  return STAYS.has(error.message) ? error.message : 'failed';
}

async function ask(form) {
  const { path, passkey } = form.dataset;
  const name = form.querySelector('[name="name"]')?.value ?? '';
  const begun = await send(`${path}/begin`, null, { json: { name } });
  const publicKey = optionsOf(begun.options);
  const made = passkey === 'make' ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
  const told = await send(`${path}/finish`, null, { json: { token: begun.token, name, answer: answerOf(made) } });
  location.assign(told.path);
}

async function press(form) {
  const button = form.querySelector('[data-act="passkey"]');
  const said = form.querySelector('[data-passkey-said]');
  button.disabled = true;
  said.textContent = '';
  try {
    await ask(form);
  } catch (error) {
    said.textContent = say(wrong(error));
    button.disabled = false;
  }
}

/** Without this script the buttons do nothing, so they stand disabled in the page. */
function ready() {
  for (const form of document.querySelectorAll('[data-passkey]')) {
    if (window.PublicKeyCredential === undefined) form.querySelector('[data-passkey-said]').textContent = say('none');
    else form.querySelector('[data-act="passkey"]').disabled = false;
  }
}

addEventListener('click', (event) => {
  const form = event.target.closest?.('[data-act="passkey"]')?.closest('[data-passkey]');
  if (!form) return;
  event.preventDefault();
  if (form.reportValidity()) press(form);
});
ready();
