// Frame hashes of a video by the browser's own player and a canvas, where hash-video.js could not read it. Runs on the page.
// The player gives colours, not the luma it decoded, and the frame shown at a second, not the first of it: a few bits further off.
import { PDQ } from './kinds/pdq.js';
import { canvasOf, readsTruly } from './canvas.js';
import { FRAMES_MAX } from './seconds.js';

const QUALITY_MIN = 50;
const PATIENCE_MS = 10_000; // for one frame; a player that cannot go on says nothing
const WITHIN_S = 0.001; // so that a frame that begins on the second is the one shown

/** What to change in an outcome of files.js. signals: those made so far. */
export async function framesShown(file, { onProgress, signal, signals }) {
  const address = URL.createObjectURL(file);
  const video = Object.assign(document.createElement('video'), { muted: true, preload: 'auto', playsInline: true });
  try {
    video.src = address;
    if (!(await told(video, 'loadeddata', signal)) || !video.videoWidth) return {};
    if (!readsTruly()) return { outcome: 'falsified', reason: 'falsified' };
    const { videoWidth: width, videoHeight: height } = video;
    const frames = await framesOf(video, { onProgress, signal });
    if (!frames.length) return {};
    const kept = frames.filter(({ quality }) => quality >= QUALITY_MIN);
    if (!kept.length) return { width, height, reason: 'low_detail' };
    const approximate = true;
    return { width, height, approximate, outcome: 'hashed', reason: '', signals: [...signals, { kind: 'vpdq', frames: kept }] };
  } finally {
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(address);
  }
}

async function framesOf(video, { onProgress, signal }) {
  const { videoWidth: width, videoHeight: height } = video;
  const seconds = Math.min(FRAMES_MAX, Number.isFinite(video.duration) ? Math.ceil(video.duration) : 1);
  const { context, close } = canvasOf(width, height);
  const frames = [];
  try {
    for (let second = 0; second < Math.max(1, seconds); second++) {
      const at_s = second + WITHIN_S;
      if (second && at_s >= video.duration) break;
      const seeked = told(video, 'seeked', signal);
      video.currentTime = at_s;
      if (!(await seeked)) break;
      context.drawImage(video, 0, 0, width, height);
      const hash = new PDQ(width, height);
      hash.rgba(context.getImageData(0, 0, width, height).data, height);
      frames.push({ ...hash.finish(), at_ms: second * 1000 });
      onProgress((second + 1) / seconds);
    }
  } finally {
    close();
  }
  return frames;
}

/** Whether the event came, rather than an error or nothing for PATIENCE_MS. Throws when `signal` ends it. */
function told(video, event, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(() => resolve(false)), PATIENCE_MS);
    const settle = (tell) => {
      clearTimeout(timer);
      for (const [name, listener] of listeners) video.removeEventListener(name, listener);
      signal.removeEventListener('abort', ended);
      tell();
    };
    const ended = () => settle(() => reject(signal.reason));
    const listeners = [[event, () => settle(() => resolve(true))], ['error', () => settle(() => resolve(false))]];
    for (const [name, listener] of listeners) video.addEventListener(name, listener);
    signal.addEventListener('abort', ended);
    if (signal.aborted) ended();
  });
}
