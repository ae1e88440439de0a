// The worker in which files are hashed, so that the page stays quick and a cancelled file gives all its memory back.
// Gets {number, file}, a Blob without a name; answers {number, progress} any number of times, then {number, made} once.
import { hashFile } from './hash-file.js';

const PROGRESS_MS = 100; // a message at most so often

self.onmessage = async ({ data: { number, file } }) => {
  let told = 0;
  const onProgress = (progress) => {
    const now = performance.now();
    if (now - told < PROGRESS_MS) return;
    told = now;
    self.postMessage({ number, progress });
  };
  self.postMessage({ number, made: await hashFile(file, { onProgress }) });
};
