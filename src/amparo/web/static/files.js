// The files a person chose, hashed on her own device, one after another. Sends nothing and keeps nothing: not a file, not a name.
//
//   const run = hashFiles(input.files, { onProgress, onFile, signal, first });
//   run.cancel(number);              // one file; `signal` (an AbortSignal) cancels all that are not done
//   const all = await run.done;      // the outcomes in the order of the files; never rejects
//   prepare();                       // when the page has loaded: the worker starts while she is looking for her files
//
// first: the number of the first file, 1 unless told. After `done`, empty the chooser (input.value = ''): it holds the files too.
// onProgress({ number, done, all }): fraction of this file, fraction of all, 0 to 1. onFile(outcome): one file is done.
// An outcome: { number, medium, outcome, reason, width, height, approximate, signals }
//   medium    'picture' | 'video' | 'other' (by first bytes)
//   outcome   'hashed'        signals are md5, sha256 and pdq (of a picture) or vpdq (of a video)
//             'digests_only'  md5 and sha256 alone, which meet only the unchanged file; `reason` says why:
//                             'heic' (this browser cannot read it) | 'low_detail' | 'undecodable' | 'no_frames' (of a video)
//             'falsified'     this browser changes pixels on purpose: md5 and sha256 alone; another browser must be used
//             'undecodable'   nothing to send: 'empty' | 'not_media' (neither picture nor video) | 'unreadable' (gone, or no permission)
//             'cancelled'     nothing to send
//   width, height  in pixels as shown, 0 where not known
//   approximate    true where a video's frames came by way of the screen's colours: a few bits further off than others
//   signals   as POST /files takes them (intake/model.py, SignalIn): { kind: 'md5' | 'sha256', value }, { kind: 'pdq', value, quality },
//             { kind: 'vpdq', frames: [{ value, quality, at_ms }, ...] }; frames under quality 50 are left out
import { workerURL } from './worker-url.js';

const CANCELLED = { medium: 'other', outcome: 'cancelled', reason: '', width: 0, height: 0, approximate: false, signals: [] };
const UNREADABLE = { ...CANCELLED, outcome: 'undecodable', reason: 'unreadable' };

let spare = null; // a worker that is started and has had nothing to do

/** See above. */
export function prepare() {
  if (typeof OffscreenCanvas !== 'function') return;
  if (spare) return;
  try {
    spare = started();
    spare.postMessage({ isEarly: true });
  } catch {
    // then hashFiles finds out for itself
  }
}

/** A worker that remembers whether it could not be loaded: it may say so before anybody listens. */
function started() {
  const worker = new Worker(workerURL('hash-worker.js'), { type: 'module' });
  worker.onerror = () => { worker.isBroken = true; };
  return worker;
}

function taken() {
  const worker = spare ?? started();
  spare = null;
  return worker;
}

/** See above. */
export function hashFiles(fileList, { onProgress = () => {}, onFile = () => {}, signal, first = 1 } = {}) {
  const queue = Array.from(fileList, (file, at) => ({ number: first + at, file: nameless(file), stop: new AbortController() }));
  const cancel = (number) => queue.find((one) => one.number === number)?.stop.abort();
  const cancelAll = () => queue.forEach((one) => one.stop.abort());
  if (signal?.aborted) cancelAll();
  signal?.addEventListener('abort', cancelAll);
  const done = hashAll(queue, { onProgress, onFile }).finally(() => signal?.removeEventListener('abort', cancelAll));
  return { done, cancel };
}

/** The bytes without name, date or declared type. */
const nameless = (file) => file.slice(0, file.size, '');

async function hashAll(queue, { onProgress, onFile }) {
  const hasher = new Hasher();
  const sizes = queue.map(({ file }) => file.size + 1), whole = sizes.reduce((sum, size) => sum + size, 0);
  const outcomes = [];
  let before = 0;
  for (const [at, entry] of queue.entries()) {
    const { number, file, stop } = entry;
    const tell = (done) => onProgress({ number, done, all: (before + sizes[at] * done) / whole });
    entry.file = null; // from here on only the hasher has it
    tell(0);
    const made = stop.signal.aborted ? CANCELLED : await hasher.hash(number, file, { onProgress: tell, signal: stop.signal });
    tell(1);
    before += sizes[at];
    outcomes.push({ number, ...made });
    onFile(outcomes.at(-1));
  }
  hasher.close();
  return outcomes;
}

/** One worker for all files, a new one after a cancelled or failed file; on the page itself where workers have no canvas. */
class Hasher {
  constructor() {
    this.worker = null;
    this.answered = false;
    this.works = typeof OffscreenCanvas === 'function';
  }

  async hash(number, file, { onProgress, signal }) {
    const told = { onProgress, signal };
    try {
      const made = this.works ? await this._inWorker(number, file, told) : await onPage(file, told);
      if (made.medium !== 'video' || made.reason !== 'no_frames') return made;
      return { ...made, ...(await shown(file, made, told)) };
    } catch (error) {
      this.close();
      return signal.aborted ? CANCELLED : await this._afterFailure(file, error, told);
    }
  }

  /** The worker could not be had: the page hashes. It broke over this file (too large for this device): digests alone. */
  async _afterFailure(file, error, { onProgress, signal }) {
    this.works &&= error.answered;
    try {
      return await onPage(file, { onProgress, signal, looks: !error.answered });
    } catch {
      return signal.aborted ? CANCELLED : UNREADABLE;
    }
  }

  _inWorker(number, file, { onProgress, signal }) {
    this.worker ??= taken();
    const { worker } = this;
    return new Promise((resolve, reject) => {
      const fail = () => reject(Object.assign(new Error('worker'), { answered: this.answered }));
      if (worker.isBroken) fail();
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      worker.onerror = fail;
      worker.onmessage = ({ data }) => {
        this.answered = true;
        if (data.number !== number) return;
        if (data.made) resolve(data.made);
        else onProgress(data.progress);
      };
      worker.postMessage({ number, file });
    });
  }

  close() {
    this.worker?.terminate();
    this.worker = null;
  }
}

/** The same modules as in the worker, loaded when they are needed here. */
async function onPage(file, told) {
  const { hashFile } = await import('./hash-file.js');
  return hashFile(file, told);
}

/** Where the reader found no frames it could decode: what the browser's own player shows. Nothing, where that cannot either. */
async function shown(file, made, { onProgress, signal }) {
  try {
    const { framesShown } = await import('./hash-shown.js');
    return await framesShown(file, { onProgress, signal, signals: made.signals });
  } catch {
    signal.throwIfAborted();
    return {};
  }
}
