// Proof of work for the forms of a page that ask for one: begun when the page opens, so that she does not wait.
// A form that asks has `data-work` (the question) and `data-work-bits`, and a hidden field `work` for the answer.
// Without script, or where it fails, the form goes out without an answer, and tighter limits hold (portal/limits.py).
import { workerURL } from './worker-url.js';

const PATIENCE_MS = 8000; // then the form goes out without

/** The answer to a question: a promise of `question.nonce`, or of '' where none can be made. */
export function answer(question, bits) {
  return new Promise((resolve) => {
    let worker;
    const end = (found) => {
      worker?.terminate();
      resolve(found);
    };
    try {
      worker = new Worker(workerURL('work-worker.js'), { type: 'module' });
      worker.onmessage = ({ data }) => end(data);
      worker.onerror = () => end('');
      worker.postMessage({ question, bits });
    } catch {
      end('');
    }
  });
}

function prepare(form) {
  const field = form.elements.namedItem('work');
  let isDone = false;
  let waiting = null; // the button she pressed before the answer was there
  const done = (found) => {
    if (isDone) return;
    isDone = true;
    field.value = found;
    if (waiting !== null) form.requestSubmit(waiting.button ?? undefined);
  };
  answer(form.dataset.work, Number(form.dataset.workBits)).then(done);
  form.addEventListener('submit', (event) => {
    if (isDone) return;
    event.preventDefault();
    if (waiting === null) setTimeout(done, PATIENCE_MS, '');
    waiting = { button: event.submitter };
  });
}

for (const form of document.querySelectorAll('form[data-work]')) prepare(form);
