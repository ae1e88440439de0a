// How many letters are left in a field that takes only so many: said once few are left, and when there are too many. Stops no typing;
// what is too long is not sent, so that it cannot be lost on the way.
import { say } from './words.js';

const FEW = 500;
const SENDING = new Set(['write', 'next', 'send', 'preview']); // the buttons that would send it

function watch(field) {
  const told = document.getElementById(field.dataset.count);
  const tell = () => {
    const left = Number(field.dataset.charsMax) - Array.from(field.value).length; // as the server counts: whole code points
    told.hidden = left > FEW;
    if (left <= FEW) told.textContent = left < 0 ? say('over', { n: -left }) : say('left', { n: left });
  };
  const isOver = () => Array.from(field.value).length > Number(field.dataset.charsMax);
  field.addEventListener('input', tell);
  field.form?.addEventListener('submit', (event) => {
    if (!isOver() || !SENDING.has(event.submitter?.value)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    field.focus();
  });
  tell();
}

for (const field of document.querySelectorAll('textarea[data-chars-max]')) watch(field);
