// One chosen file on the page: how far its hashing is, then every hash of it. Makes elements and text alone, never markup.
import { say } from './words.js';

const ENDS = 8;

const element = (name, attributes = {}, ...inside) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
};

/** A hash by its first and last digits; pressed, all of it. */
function hashOf(kind, value) {
  const short = element('code', { class: 'hash', dir: 'ltr' }, `${value.slice(0, ENDS)}…${value.slice(-ENDS)}`);
  const all = element('details', {}, element('summary', {}, say(kind), short), element('code', { class: 'hash', dir: 'ltr' }, value));
  return element('li', { 'data-signal-kind': kind, 'data-value': value }, all);
}

/** All hashes of a signal: of a video one for each frame. */
function hashesOf(signal) {
  if (signal.frames === undefined) return [hashOf(signal.kind, signal.value)];
  const frames = signal.frames.map(({ value }) =>
    element('li', { 'data-signal-kind': signal.kind, 'data-value': value }, element('code', { class: 'hash', dir: 'ltr' }, value)));
  const all = element('details', {}, element('summary', {}, say('scenes', { n: frames.length })), element('ul', { class: 'hashes' }, ...frames));
  return [element('li', {}, `${say(signal.kind)} `, all)];
}

function sentenceOf({ outcome, reason, approximate }) {
  if (outcome === 'hashed') return approximate ? say('approximate') : '';
  if (outcome === 'falsified' || outcome === 'cancelled') return say(outcome);
  return say(reason);
}

const titleOf = (medium, number) => say(medium === 'picture' || medium === 'video' ? medium : 'file', { number });

/**
 * The entry of a file: { element, progress(done), show(outcome) }. show: true where its hashes are to be sent.
 * A browser that falsifies pixels makes no hash here: what it could still make of the bytes alone would promise too much.
 */
export function entryOf(number, { onStop, onLeaveOut }) {
  const title = element('strong', {}, titleOf('other', number));
  const bar = element('progress', { max: '1', value: '0', 'aria-label': titleOf('other', number) });
  const button = element('button', { type: 'button', class: 'quiet' }, say('stop', { number }));
  const entry = element('li', { 'data-file': String(number) }, title, bar, button);
  button.addEventListener('click', () => onStop(number));

  const show = (outcome) => {
    const isSent = (outcome.outcome === 'hashed' || outcome.outcome === 'digests_only') && outcome.signals.length > 0;
    const sentence = sentenceOf(outcome);
    title.textContent = titleOf(outcome.medium, number);
    bar.remove();
    button.remove();
    entry.dataset.outcome = outcome.outcome;
    if (sentence !== '') entry.append(element('p', { 'data-reason': outcome.reason || outcome.outcome }, sentence));
    if (!isSent) return false;
    const leave = element('button', { type: 'button', class: 'quiet' }, say('leave_out', { number }));
    leave.addEventListener('click', () => {
      onLeaveOut(number);
      const after = entry.nextElementSibling?.querySelector('button') ?? document.querySelector('#pick');
      entry.remove();
      after.focus();
    });
    entry.append(element('ul', { class: 'hashes' }, ...outcome.signals.flatMap(hashesOf)), leave);
    return true;
  };
  return { element: entry, progress: (done) => { bar.value = done; }, show };
}
