// How a picture is to be turned, from its EXIF block, and the canvas transform that turns it. As media/orientation.py reads it:
// what is damaged counts as upright. Source: CIPA DC-008 (EXIF 2.32) section 4.6.4, TIFF 6.0 section 2.

export const UPRIGHT = 1;
const TAG = 0x0112;
const SHORT = 3;

/** The orientation 1 to 8 in the first directory of an EXIF block, with or without its prefix. */
export function orientationOf(exif) {
  const hasPrefix = String.fromCharCode(...exif.subarray(0, 6)) === 'Exif\0\0';
  const block = exif.subarray(hasPrefix ? 6 : 0);
  try {
    return read(new DataView(block.buffer, block.byteOffset, block.byteLength));
  } catch {
    return UPRIGHT; // it ends before it should
  }
}

function read(block) {
  const order = String.fromCharCode(block.getUint8(0), block.getUint8(1));
  if (order !== 'II' && order !== 'MM') return UPRIGHT;
  const isLittle = order === 'II';
  if (block.getUint16(2, isLittle) !== 42) return UPRIGHT;
  const at = block.getUint32(4, isLittle), entries = block.getUint16(at, isLittle);
  for (let entry = at + 2; entry < at + 2 + 12 * entries; entry += 12) {
    const tag = block.getUint16(entry, isLittle), kind = block.getUint16(entry + 2, isLittle);
    const count = block.getUint32(entry + 4, isLittle), value = block.getUint16(entry + 8, isLittle);
    if (tag === TAG) return kind === SHORT && count === 1 && value >= 1 && value <= 8 ? value : UPRIGHT;
  }
  return UPRIGHT;
}

/** [width, height] as shown, and the six numbers of `setTransform` that draw the stored picture so. */
export function turnOf(orientation, width, height) {
  const shown = orientation >= 5 ? [height, width] : [width, height];
  const transform = {
    1: [1, 0, 0, 1, 0, 0],
    2: [-1, 0, 0, 1, width, 0],
    3: [-1, 0, 0, -1, width, height],
    4: [1, 0, 0, -1, 0, height],
    5: [0, 1, 1, 0, 0, 0],
    6: [0, 1, -1, 0, height, 0],
    7: [0, -1, -1, 0, height, width],
    8: [0, -1, 1, 0, 0, width],
  }[orientation];
  return { shown, transform };
}
