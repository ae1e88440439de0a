// The luma plane of a decoded video frame as the video profile vx1 wants it (docs/video-profile.md): 8 bits, full range, upright.

const LIMITED = Uint8ClampedArray.from({ length: 256 }, (_, y) => Math.floor(((y - 16) * 255) / 219 + 0.5)); // halves up, clipped
const RGB = new Set(['RGBA', 'RGBX', 'BGRA', 'BGRX']);
const LUMA = /^(?:I42[02]|I444|NV12)A?(?:P(10|12))?$/;

/** {rgba, width, height} or {luma, width, height}, each row right after the last.
 *
 * frame: a VideoFrame or what is like one (format, visibleRect, colorSpace, allocationSize, copyTo). turn: degrees clockwise, 0 to 270;
 * isMirrored: left and right changed after turning. Null where this browser gives no pixels in a layout known here.
 */
export async function lumaOf(frame, { turn, isMirrored }) {
  const { width, height } = frame.visibleRect, { format } = frame;
  const depth = LUMA.exec(format ?? '');
  if (!depth && !RGB.has(format)) return null;
  const bytes = new Uint8Array(frame.allocationSize());
  const [plane] = await frame.copyTo(bytes);
  if (!depth) return rgbOf(bytes, plane, { width, height, isBlueFirst: format.startsWith('B') });
  const flat = flattened(bytes, plane, { width, height, bits: Number(depth[1] ?? 8) });
  if (!frame.colorSpace?.fullRange) for (let i = 0; i < flat.length; i++) flat[i] = LIMITED[flat[i]];
  return turned(flat, { width, height, turn, isMirrored });
}

/** Of more than 8 bits a sample, which take two bytes, the high 8. */
function flattened(bytes, { offset, stride }, { width, height, bits }) {
  const flat = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = offset + y * stride;
    if (bits === 8) flat.set(bytes.subarray(row, row + width), y * width);
    else
      for (let x = 0; x < width; x++)
        flat[y * width + x] = (bytes[row + 2 * x] | (bytes[row + 2 * x + 1] << 8)) >> (bits - 8);
  }
  return flat;
}

function turned(flat, { width, height, turn, isMirrored }) {
  if (!turn && !isMirrored) return { luma: flat, width, height };
  const isAcross = turn % 180 !== 0;
  const wide = isAcross ? height : width, high = isAcross ? width : height;
  const luma = new Uint8Array(flat.length);
  const [origin, right, down] = {
    0: [0, 1, width],
    90: [(height - 1) * width, -width, 1],
    180: [height * width - 1, -1, -width],
    270: [width - 1, width, -1],
  }[turn];
  for (let y = 0; y < high; y++)
    for (let x = 0; x < wide; x++)
      luma[y * wide + (isMirrored ? wide - 1 - x : x)] = flat[origin + x * right + y * down];
  return { luma, width: wide, height: high };
}

function rgbOf(bytes, { offset, stride }, { width, height, isBlueFirst }) {
  const rgba = new Uint8Array(4 * width * height);
  for (let y = 0; y < height; y++) rgba.set(bytes.subarray(offset + y * stride, offset + y * stride + 4 * width), 4 * y * width);
  if (isBlueFirst) for (let i = 0; i < rgba.length; i += 4) [rgba[i], rgba[i + 2]] = [rgba[i + 2], rgba[i]];
  return { rgba, width, height };
}
