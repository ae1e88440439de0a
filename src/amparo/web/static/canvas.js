// A canvas to draw on and read back, in a worker or on a page, and whether this browser reads back what was drawn.
// Some browsers change pixels on purpose, against fingerprinting (tried: Firefox with privacy.resistFingerprinting):
// of such pixels no hash may be made, it would meet nothing.

const SIDE = 256; // of the pattern: enough pixels that changing a few in a hundred thousand shows
const OPAQUE = 0xff << 24; // as a word of RGBA, little-endian as all these machines are

/** {context, close} of a canvas without alpha. `close` gives its memory back. */
export function canvasOf(width, height) {
  const canvas = typeof OffscreenCanvas === 'function' ? new OffscreenCanvas(width, height) : document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  context.imageSmoothingEnabled = false;
  return { context, close: () => Object.assign(canvas, { width: 0, height: 0 }) };
}

/** Whether every pixel put on a canvas is read back as it was. */
export function readsTruly() {
  const { context, close } = canvasOf(SIDE, SIDE);
  try {
    const put = context.createImageData(SIDE, SIDE), words = new Uint32Array(put.data.buffer);
    for (let i = 0, state = 1; i < words.length; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0; // any sequence without a pattern
      words[i] = OPAQUE | (state >>> 8);
    }
    context.putImageData(put, 0, 0);
    const got = new Uint32Array(context.getImageData(0, 0, SIDE, SIDE).data.buffer);
    for (let i = 0; i < words.length; i++) if (words[i] !== got[i]) return false;
    return true;
  } finally {
    close();
  }
}
