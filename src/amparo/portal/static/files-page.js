// The page where files are chosen: has fingerprints made of them (files.js), shows each one, and sends exactly those shown.
// It never reads a file itself and keeps no name. Without it the page says so, and everything else works.
import { hashFiles, prepare } from './files.js';
import { send } from './files-send.js';
import { entryOf } from './files-list.js';
import { say } from './words.js';
import { answer } from './work.js';

const chooser = document.querySelector('[data-chooser]');
const input = chooser.querySelector('input[type=file]');
const form = input.form;
const list = chooser.querySelector('[data-made]');
const told = chooser.querySelector('[data-told]');
const sum = chooser.querySelector('[data-sum]');
const next = form.querySelector('[data-act=next]');
const nextText = next.textContent;

const made = new Map(); // number -> the file as POST /files takes it
let first = Number(chooser.dataset.first);
let room = Number(chooser.dataset.room);
let running = 0;
let isSending = false;
let proof = answer(chooser.dataset.work, Number(chooser.dataset.workBits)); // of work, for the first part that goes

const tell = (key, values) => { told.textContent = key === '' ? '' : say(key, values); };

function count() {
  let codes = 0;
  for (const { signals } of made.values()) for (const { frames } of signals) codes += frames?.length ?? 1;
  sum.textContent = codes === 0 ? '' : say('sum', { n: codes });
  next.textContent = codes === 0 ? nextText : say('send');
}

async function choose() {
  let files = Array.from(input.files);
  const isOver = files.length > room;
  files = files.slice(0, room);
  if (files.length === 0 && !isOver) return;
  const start = first;
  first += files.length;
  room -= files.length;
  running += 1;
  tell('working');
  let run = null;
  const entries = files.map((_, at) => entryOf(start + at, {
    onStop: (number) => run?.cancel(number),
    onLeaveOut: (number) => { made.delete(number); count(); },
  }));
  list.append(...entries.map(({ element }) => element));
  run = hashFiles(files, {
    first: start,
    onProgress: ({ number, done }) => entries[number - start].progress(done),
    onFile: (outcome) => {
      if (entries[outcome.number - start].show(outcome)) {
        made.set(outcome.number, { number: outcome.number, medium: outcome.medium, signals: outcome.signals });
      }
      count();
    },
  });
  await run.done;
  running -= 1;
  if (running > 0) return;
  input.value = ''; // the chooser holds the files too
  if (isOver) tell('too_many', { n: files.length });
  else tell(made.size === 0 ? 'nothing' : 'ready');
}

async function sendThenGo(button) {
  isSending = true;
  tell('sending');
  next.disabled = true;
  const slug = await send([...made.values()], form.elements.namedItem('form').value, await proof);
  proof = ''; // it counts once
  isSending = false;
  next.disabled = false;
  if (slug === '' || slug === 'expired') {
    made.clear();
    count();
  }
  if (slug === '') form.requestSubmit(button);
  else tell(slug);
}

form.addEventListener('submit', (event) => {
  if (event.submitter !== next && event.submitter !== null) return; // back, skip and taking out send no fingerprint
  if (isSending || running > 0) {
    event.preventDefault();
    if (running > 0) tell('working_still');
  } else if (made.size > 0) {
    event.preventDefault();
    sendThenGo(event.submitter ?? next);
  }
});
input.addEventListener('change', choose);

document.querySelector('[data-needs-script]').hidden = true;
chooser.hidden = false;
prepare();
