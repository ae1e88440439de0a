// A picture that is dropped or chosen is hashed in this browser (files.js); its hashes go into the field, and nothing else leaves.
// Without this file the field can be filled by hand.
import { hashFiles, prepare } from './files.js';
import { say } from './words.js';

const place = document.querySelector('[data-drop]');
const input = place.querySelector('input[type=file]');
const told = place.querySelector('[data-told]');
const field = document.getElementById('hashes');

/** One line for each hash, as the form takes them. */
function lineOf({ kind, value, quality, frames }) {
  if (kind === 'pdq') return `pdq ${value} ${quality}`;
  if (kind !== 'vpdq') return `${kind} ${value}`;
  return `vpdq ${JSON.stringify(frames.map((one) => `${one.value},${one.quality},${(one.at_ms / 1000).toFixed(3)}`))}`;
}

async function take(files) {
  if (files.length === 0) return;
  told.textContent = say('working');
  const [outcome] = await hashFiles([files[0]]).done;
  input.value = ''; // the chooser holds the file too
  field.value = outcome.signals.map(lineOf).join('\n');
  if (outcome.outcome === 'hashed') told.textContent = say('ready');
  else told.textContent = say(outcome.signals.length === 0 ? 'nothing' : 'digests');
}

input.addEventListener('change', () => take(input.files));
for (const name of ['dragenter', 'dragover']) place.addEventListener(name, (event) => event.preventDefault());
place.addEventListener('drop', (event) => {
  event.preventDefault();
  take(event.dataTransfer.files);
});
addEventListener('dragover', (event) => event.preventDefault()); // a picture dropped beside it must not be opened and shown
addEventListener('drop', (event) => event.preventDefault());
place.hidden = false;
prepare();
