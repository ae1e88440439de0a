// The worker in which files are hashed, so that the page stays quick and a cancelled file gives all its memory back.
// Gets {number, file}, a Blob without a name; answers {number, progress} any number of times, then {number, made} once.
// Gets {isEarly: true} while there is nothing to do, answers nothing.
import { hashFile } from './hash-file.js';
import { md5 } from './kinds/md5.js';
import { PDQ } from './kinds/pdq.js';

const PROGRESS_MS = 100; // a message at most so often
const WARM = { width: 2048, rows: 64, bands: 12 };

self.onmessage = ({ data }) => (data.isEarly ? warm() : hash(data));

async function hash({ number, file }) {
  let told = 0;
  const onProgress = (progress) => {
    const now = performance.now();
    if (now - told < PROGRESS_MS) return;
    told = now;
    self.postMessage({ number, progress });
  };
  self.postMessage({ number, made: await hashFile(file, { onProgress }) });
}

/** Hashes nothing at all, so that the browser has compiled what runs often when the first photo comes: a fifth of its time. */
function warm() {
  const { width, rows, bands } = WARM, bytes = new Uint8Array(4 * width * rows);
  const picture = new PDQ(width, rows * bands), digest = md5();
  for (let band = 0; band < bands; band++) {
    picture.rgba(bytes, rows);
    digest.update(bytes);
  }
  picture.finish();
}
