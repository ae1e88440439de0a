// Shows how far counting is, every other second, until it is done. Without it a link on the page does the same.
const PAUSE_MS = 2000;
const path = location.pathname;

async function look() {
  const answer = await fetch(path, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (answer?.ok) {
    const text = await answer.text();
    const state = text.match(/data-state-of="([a-z]+)"/)?.[1];
    if (state !== 'waiting' && state !== 'running') return location.reload();
    const done = text.match(/<progress[^>]* value="([0-9]+)"/)?.[1];
    const bar = document.getElementById('progress');
    if (bar && done) bar.value = Number(done);
  }
  return setTimeout(look, PAUSE_MS);
}

setTimeout(look, PAUSE_MS);
