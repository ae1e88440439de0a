// Counts down how long a decision can be taken back, and takes the button away when that is over. The server decides; this only shows.

/** Minutes and seconds until then, as 9:05; null when it is over. */
export function left(until, now) {
  const seconds = Math.ceil((until - now) / 1000);
  if (!(seconds > 0)) return null;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

export function show(now = Date.now()) {
  for (const shown of document.querySelectorAll('[data-until]')) {
    const told = left(Date.parse(shown.dataset.until), now);
    if (told === null) shown.closest('li').remove();
    else shown.textContent = told;
  }
  const bar = document.querySelector('.undo');
  if (bar !== null && bar.querySelector('li') === null) bar.remove();
}

if (globalThis.document !== undefined) {
  show();
  setInterval(show, 1000);
  addEventListener('htmx:after:swap', () => show());
}
