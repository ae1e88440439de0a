// A picture's file made plain, so that every engine shows the same samples (docs/pixel-profile.md): no description of its colours,
// which WebKit heeds whatever it is told, and no turn that some engines make and some do not. Pixels are not touched.
import { partsOfAVIF } from './avif.js';
import { eightBits } from './deep-png.js';
import { UPRIGHT, orientationOf } from './orientation.js';

const DESCRIPTIONS = new Set(['iCCP', 'gAMA', 'cHRM', 'sRGB', 'cICP', 'mDCV', 'cLLI']); // chunks of PNG
const ANIMATION = new Set(['acTL', 'fcTL', 'fdAT']); // without these a PNG shows the picture that readers of no animation show
const ICC = 'ICC_PROFILE';
const HAS_EXIF = 0x08; // flag of VP8X
const PARTS = { jpeg: partsOfJPEG, png: partsOfPNG, webp: partsOfWebP };

/** {blob, cover, orientation}: what to decode, how opaque it is where that stands apart (a grey picture, else null), and how to turn
 *  it afterwards (1 to 8). format: as format.js names it.
 *
 * Of JPEG every engine makes the turn itself; of GIF, BMP and AVIF there is none, or the container's own.
 */
export async function plainOf(file, format) {
  if (!PARTS[format] && format !== 'avif') return { blob: file, cover: null, orientation: UPRIGHT };
  const bytes = new Uint8Array(await file.arrayBuffer());
  const blobOf = (part) => new Blob([part], { type: `image/${format}` }); // one part: Firefox looks at the first alone
  if (format === 'avif') {
    const parts = partsOfAVIF(bytes);
    return { blob: parts ? blobOf(parts.colours) : file, cover: parts && blobOf(parts.alpha), orientation: UPRIGHT };
  }
  const { dropped, orientation, isChanged } = PARTS[format](bytes);
  if (format === 'png') {
    const shallow = await eightBits(bytes).catch(() => null); // damaged: the browser may say what it thinks of it
    if (shallow) return { blob: blobOf(shallow), cover: null, orientation };
  }
  const isPlain = !dropped.length && !isChanged;
  return { blob: isPlain ? file : blobOf(without(bytes, dropped)), cover: null, orientation };
}

/** Leaves out the profiles, which stand before the first scan. */
function partsOfJPEG(bytes) {
  const dropped = [];
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda) {
    if (bytes[at + 1] === 0xff) at++; // fill bytes may stand before a marker
    else {
      const end = at + 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
      if (bytes[at + 1] === 0xe2 && asciiOf(bytes, at + 4, ICC.length) === ICC) dropped.push([at, end]);
      at = end;
    }
  }
  return { dropped, orientation: UPRIGHT };
}

/** Leaves out the descriptions, the animation and the EXIF block, which may stand after the rows too. */
function partsOfPNG(bytes) {
  const view = new DataView(bytes.buffer), dropped = [];
  let at = 8, orientation = UPRIGHT;
  while (at + 12 <= bytes.length) {
    const name = asciiOf(bytes, at + 4, 4), length = view.getUint32(at), end = at + 12 + length;
    if (DESCRIPTIONS.has(name) || ANIMATION.has(name)) dropped.push([at, end]);
    if (name === 'eXIf') {
      orientation = orientationOf(bytes.subarray(at + 8, at + 8 + length));
      dropped.push([at, end]);
    }
    at = end;
  }
  return { dropped, orientation };
}

/** Hides the EXIF block in place: a chunk of no known name, and no word of it in the head. */
function partsOfWebP(bytes) {
  const view = new DataView(bytes.buffer);
  let at = 12, orientation = UPRIGHT, isChanged = false;
  while (at + 8 <= bytes.length) {
    const name = asciiOf(bytes, at, 4), length = view.getUint32(at + 4, true);
    if (name === 'VP8X' && bytes[at + 8] & HAS_EXIF) {
      bytes[at + 8] &= ~HAS_EXIF;
      isChanged = true;
    }
    if (name === 'EXIF') {
      orientation = orientationOf(bytes.subarray(at + 8, at + 8 + length));
      bytes[at] = 'x'.charCodeAt(0);
      isChanged = true;
    }
    at += 8 + length + (length % 2);
  }
  return { dropped: [], orientation, isChanged };
}

/** The bytes without those ranges, in order; one may say that it ends after the file does. */
function without(bytes, dropped) {
  const ranges = dropped.map(([from, to]) => [from, Math.min(to, bytes.length)]);
  const kept = new Uint8Array(ranges.reduce((length, [from, to]) => length - (to - from), bytes.length));
  let from = 0, at = 0;
  for (const [start, end] of [...ranges, [bytes.length, bytes.length]]) {
    kept.set(bytes.subarray(from, start), at);
    at += start - from;
    from = end;
  }
  return kept;
}

const asciiOf = (bytes, at, length) => String.fromCharCode(...bytes.subarray(at, at + length));
