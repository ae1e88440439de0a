// PDQ of a picture as this browser decodes it, by the pixel profile px1 (docs/pixel-profile.md). Runs in a worker or on a page.
// The decoded picture goes over a small canvas in bands of rows: beyond it, memory is a band and a window of rows.
import { PDQ } from './kinds/pdq.js';
import { canvasOf, readsTruly } from './canvas.js';
import { UPRIGHT, turnOf } from './orientation.js';
import { plainOf } from './plain.js';

const BAND_PIXELS = 2 ** 19; // 2 MB as RGBA
const TILE_WIDTH_MAX = 16_384; // beyond what every engine draws, a band is put together from tiles
const OPAQUE = new Set(['jpeg']);

/** Why there is no hash; `reason` is a word of files.js. */
export class NoHash extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** {width, height, value, quality}. onProgress(fraction); signal: ends it between two bands. Throws NoHash. */
export async function hashPicture(file, format, { onProgress, signal } = {}) {
  if (!readsTruly()) throw new NoHash('falsified');
  const picture = await decoded(file, format);
  const covers = picture.cover && bandsOf({ ...picture, bitmap: picture.cover }, true);
  try {
    const [width, height] = picture.shown;
    const hash = new PDQ(width, height);
    for (const [bytes, rows, y] of bandsOf(picture, OPAQUE.has(format))) {
      signal?.throwIfAborted();
      if (covers) overWhite(bytes, covers.next().value[0]);
      hash.rgba(bytes, rows);
      onProgress?.((y + rows) / height);
    }
    return { width, height, ...hash.finish() };
  } finally {
    covers?.return();
    picture.bitmap.close();
    picture.cover?.close();
  }
}

/** {bitmap, cover (how opaque, or null), orientation, shown: [width, height], transform}: how it is stored, and how to draw it as shown. */
async function decoded(file, format) {
  try {
    const { blob, cover, orientation } = await plainOf(file, format);
    const bitmap = await bitmapOf(blob);
    const opacity = cover && (await bitmapOf(cover));
    if (opacity && (opacity.width !== bitmap.width || opacity.height !== bitmap.height)) throw new RangeError('sides');
    return { bitmap, cover: opacity, orientation, ...turnOf(orientation, bitmap.width, bitmap.height) };
  } catch {
    throw new NoHash(format === 'heic' ? 'heic' : 'undecodable');
  }
}

const bitmapOf = (blob) => createImageBitmap(blob, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });

/** Colours, which stay in place, over white where the cover is less than 255, in the service's arithmetic (Pillow's alpha_composite). */
function overWhite(bytes, cover) {
  for (let i = 0; i < bytes.length; i += 4) {
    const alpha = cover[i];
    for (let at = i; at < i + 3; at++) {
      const sum = bytes[at] * alpha * 128 + 255 * (255 - alpha) * 128 + 0x4000;
      bytes[at] = ((sum >> 8) + sum) >> 15;
    }
  }
}

/** Yields [RGBA bytes, rows, first row] from the top; the bytes hold until the next one. */
function* bandsOf(picture, isOpaque) {
  const [width, height] = picture.shown;
  const rowsMax = Math.min(height, Math.max(1, Math.floor(BAND_PIXELS / width)));
  const tileWidth = Math.min(width, TILE_WIDTH_MAX);
  const { context, close } = canvasOf(tileWidth, rowsMax);
  const joined = width > tileWidth ? new Uint8ClampedArray(4 * width * rowsMax) : null;
  try {
    context.fillStyle = 'white';
    for (let y = 0; y < height; y += rowsMax) {
      const rows = Math.min(rowsMax, height - y);
      let bytes = null;
      for (let x = 0; x < width; x += tileWidth) {
        const tile = { x, y, columns: Math.min(tileWidth, width - x), rows };
        if (!isOpaque) context.fillRect(0, 0, tile.columns, rows);
        draw(context, picture, tile);
        giveBack(bytes);
        bytes = context.getImageData(0, 0, tile.columns, rows).data;
        if (joined) join(joined, bytes, { ...tile, width });
      }
      yield [joined ?? bytes, rows, y];
      giveBack(bytes);
    }
  } finally {
    close();
  }
}

/** One part of the picture, as shown, at the canvas's corner. */
function draw(context, { bitmap, orientation, transform }, { x, y, columns, rows }) {
  if (orientation === UPRIGHT) context.drawImage(bitmap, x, y, columns, rows, 0, 0, columns, rows);
  else {
    const [a, b, c, d, e, f] = transform;
    context.setTransform(a, b, c, d, e - x, f - y);
    context.drawImage(bitmap, 0, 0);
    context.resetTransform();
  }
}

/** What was read back, at once: left to the collector, the bands of a large picture lie about together. */
function giveBack(bytes) {
  bytes?.buffer.transfer?.(0);
}

function join(joined, tile, { x, width, columns, rows }) {
  for (let row = 0; row < rows; row++)
    joined.set(tile.subarray(4 * row * columns, 4 * (row + 1) * columns), 4 * (row * width + x));
}
