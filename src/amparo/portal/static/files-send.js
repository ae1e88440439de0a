// Sends hashes to POST /files, in parts that are small enough, each as often as the line needs. What is sent twice changes nothing there.

const PART_CHARS = 200_000;
const FRAMES = 1_500; // of a video in one piece; its pieces are put together again there
const TRIES = 3;
const PAUSE_MS = 1_000;
const PATIENCE_MS = 60_000;
const KNOWN = new Set(['expired', 'already_sent', 'file_differs', 'too_many_files', 'too_many_codes', 'too_often']);

/** The files, a video of many frames in several pieces of the same number. */
function* pieces(files) {
  for (const file of files) {
    const video = file.signals.find(({ frames }) => frames !== undefined);
    if (video === undefined || video.frames.length <= FRAMES) {
      yield file;
      continue;
    }
    const others = file.signals.filter((signal) => signal !== video);
    for (let at = 0; at < video.frames.length; at += FRAMES) {
      const part = { kind: video.kind, frames: video.frames.slice(at, at + FRAMES) };
      yield { ...file, signals: at === 0 ? [...others, part] : [part] };
    }
  }
}

/** The bodies to send. form: the token of the page's form. work: a proof of work, which goes with the first. A number stands once in each. */
function* bodies(files, form, work) {
  let part = [], size = 0, proof = work === '' ? {} : { work };
  for (const piece of pieces(files)) {
    const length = JSON.stringify(piece).length;
    if (part.length > 0 && (size + length > PART_CHARS || part.some(({ number }) => number === piece.number))) {
      yield JSON.stringify({ form, files: part, ...proof });
      part = [];
      size = 0;
      proof = {};
    }
    part.push(piece);
    size += length;
  }
  if (part.length > 0) yield JSON.stringify({ form, files: part, ...proof });
}

async function post(body) {
  for (let left = TRIES; ; left -= 1) {
    try {
      const answer = await fetch('/files', {
        method: 'POST', body, headers: { 'Content-Type': 'application/json' }, cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (answer.ok) return '';
      const { slug } = await answer.json();
      if (KNOWN.has(slug)) return slug;
      if (answer.status < 500 || left <= 1) return 'not_taken';
    } catch {
      if (left <= 1) return 'lost';
    }
    await new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); });
  }
}

/** Send them all. Gives '' when all has arrived, else the key of the sentence that says why not (portal/said.py). */
export async function send(files, form, work = '') {
  for (const body of bodies(files, form, work)) {
    const slug = await post(body);
    if (slug !== '') return slug;
  }
  return '';
}
