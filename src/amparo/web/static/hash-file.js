// All hashes of one file, of any size: MD5 and SHA-256 over its bytes, PDQ of a picture, frame hashes of a video.
// Runs in hash-worker.js, or on the page where the browser has no canvas for workers. What it gives: see files.js.
import { md5 } from './kinds/md5.js';
import { sha256 } from './kinds/sha256.js';
import { HEAD_BYTES, formatOf } from './format.js';
import { NoHash, hashPicture } from './hash-picture.js';

const PIECE_BYTES = 2 ** 22;
const WHOLE_BYTES_MAX = 2 ** 24;
const QUALITY_MIN = 50; // below it a hash meets too much that is not the picture (PDQ's paper)
const DIGESTS_SHARE = 0.3; // of a file's progress

/** {medium, outcome, reason, width, height, approximate, signals}. file: a Blob. onProgress(fraction); signal: ends it between two steps.
 *  looks: false where a picture or video is not to be decoded, then there are digests alone. */
export async function hashFile(file, { onProgress = () => {}, signal, looks = true } = {}) {
  const nothing = { medium: 'other', outcome: 'undecodable', reason: '', width: 0, height: 0, approximate: false, signals: [] };
  let found, signals;
  try {
    if (file.size === 0) return { ...nothing, reason: 'empty' };
    found = formatOf(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
    if (!found) return { ...nothing, reason: 'not_media' };
    signals = await digests(file, (done) => onProgress(done * DIGESTS_SHARE), signal);
  } catch {
    signal?.throwIfAborted();
    return { ...nothing, medium: found?.medium ?? 'other', reason: 'unreadable' };
  }
  const made = { ...nothing, medium: found.medium, outcome: 'digests_only', signals };
  if (!looks) return { ...made, reason: 'undecodable' };
  const perceptual = found.medium === 'picture' ? ofPicture : ofVideo;
  try {
    const more = (done) => onProgress(DIGESTS_SHARE + done * (1 - DIGESTS_SHARE));
    return { ...made, ...(await perceptual(file, found.name, { signals, onProgress: more, signal })) };
  } catch (error) {
    signal?.throwIfAborted();
    const reason = error instanceof NoHash ? error.reason : 'undecodable';
    return { ...made, outcome: reason === 'falsified' ? 'falsified' : 'digests_only', reason };
  }
}

/** Both digests in one reading. A photo is taken whole, its SHA-256 by the browser's own code, which wants it so; else by pieces. */
async function digests(file, onProgress, signal) {
  const isWhole = file.size <= WHOLE_BYTES_MAX && Boolean(globalThis.crypto?.subtle);
  const own = isWhole ? { md5: md5() } : { md5: md5(), sha256: sha256() };
  const step = isWhole ? file.size : PIECE_BYTES;
  let native = null;
  for (let at = 0; at < file.size; at += step) {
    signal?.throwIfAborted();
    const piece = new Uint8Array(await file.slice(at, at + step).arrayBuffer());
    if (isWhole) native = crypto.subtle.digest('SHA-256', piece).then(hexOf);
    for (const digest of Object.values(own)) digest.update(piece);
    onProgress(Math.min(1, (at + piece.length) / file.size));
  }
  return [
    { kind: 'md5', value: own.md5.digestHex() },
    { kind: 'sha256', value: await (native ?? own.sha256.digestHex()) },
  ];
}

const hexOf = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');

async function ofPicture(file, format, { signals, onProgress, signal }) {
  const { width, height, value, quality } = await hashPicture(file, format, { onProgress, signal });
  if (quality < QUALITY_MIN) return { width, height, reason: 'low_detail' };
  return { width, height, outcome: 'hashed', signals: [...signals, { kind: 'pdq', value, quality }] };
}

/** The reader of videos is loaded when one is chosen, not before. */
async function ofVideo(file, format, { signals, onProgress, signal }) {
  const { hashVideo } = await import('./hash-video.js').catch(() => {
    throw new NoHash('no_frames');
  });
  const { frames, ...film } = await hashVideo(file, { onProgress, signal });
  const told = frames.filter((frame) => frame.quality >= QUALITY_MIN);
  if (!told.length) return { ...film, reason: 'low_detail' };
  return { ...film, outcome: 'hashed', signals: [...signals, { kind: 'vpdq', frames: told }] };
}
