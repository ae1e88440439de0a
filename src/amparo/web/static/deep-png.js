// A PNG of 16 bits a sample as one of 8, by the high byte (docs/pixel-profile.md): Firefox rounds instead. Draws nothing.
// Source: PNG (Third Edition) sections 7 (interlacing), 9 (filters), 5.5 (checksums).

const CHANNELS = { 0: 1, 2: 3, 4: 2, 6: 4 };
const WHOLE = [[0, 0, 1, 1]];
const ADAM7 = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]]; // first column, row; steps
const HEAD = 33; // signature and IHDR
const RAW_BYTES_MAX = 2 ** 29;

/** The new file, or null where this one is not of 16 bits, or cannot be made so here. */
export async function eightBits(bytes) {
  if (bytes.length < HEAD || bytes[24] !== 16 || !CHANNELS[bytes[25]] || typeof CompressionStream !== 'function') return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), parts = chunksOf(view);
  const width = view.getUint32(16), height = view.getUint32(20), channels = CHANNELS[bytes[25]];
  if (parts.some(({ name }) => name === 'tRNS') || 2 * channels * width * height > RAW_BYTES_MAX) return null;
  const packed = parts.filter(({ name }) => name === 'IDAT').map(({ from, to }) => bytes.subarray(from, to));
  const rows = await through(new DecompressionStream('deflate'), packed);
  const high = highBytes(rows, { width, height, channels, passes: bytes[28] ? ADAM7 : WHOLE });
  const head = bytes.slice(16, 29);
  head[8] = 8;
  const data = await through(new CompressionStream('deflate'), [high]);
  const made = [bytes.subarray(0, 8), chunk('IHDR', head), chunk('IDAT', data), chunk('IEND', new Uint8Array(0))];
  return new Uint8Array(await new Blob(made).arrayBuffer());
}

function chunksOf(view) {
  const found = [];
  for (let at = 8; at + 12 <= view.byteLength; ) {
    const name = String.fromCharCode(...[4, 5, 6, 7].map((i) => view.getUint8(at + i))), to = at + 8 + view.getUint32(at);
    found.push({ name, from: at + 8, to });
    at = to + 4;
  }
  return found;
}

async function through(stream, parts) {
  return new Uint8Array(await new Response(new Blob(parts).stream().pipeThrough(stream)).arrayBuffer());
}

/** Of filtered rows of 16 bits a sample the rows of 8, without filter. Throws RangeError where rows are missing. */
function highBytes(rows, { width, height, channels, passes }) {
  const made = [];
  let at = 0;
  for (const [x, y, right, down] of passes) {
    const columns = Math.ceil((width - x) / right), lines = Math.ceil((height - y) / down);
    if (columns <= 0 || lines <= 0) continue;
    const long = 2 * channels * columns;
    let above = new Uint8Array(long);
    for (let line = 0; line < lines; line++, at += 1 + long) {
      if (at + 1 + long > rows.length) throw new RangeError('rows');
      const row = rows.subarray(at + 1, at + 1 + long);
      unfilter(rows[at], row, above, 2 * channels);
      const short = new Uint8Array(1 + channels * columns);
      for (let i = 0; i < channels * columns; i++) short[1 + i] = row[2 * i];
      made.push(short);
      above = row;
    }
  }
  return new Blob(made);
}

function unfilter(filter, row, above, step) {
  for (let i = 0; i < row.length; i++) {
    const left = i < step ? 0 : row[i - step], corner = i < step ? 0 : above[i - step], up = above[i];
    if (filter === 1) row[i] += left;
    else if (filter === 2) row[i] += up;
    else if (filter === 3) row[i] += (left + up) >> 1;
    else if (filter === 4) row[i] += paeth(left, up, corner);
    else if (filter !== 0) throw new RangeError('filter');
  }
}

function paeth(left, up, corner) {
  const toLeft = Math.abs(up - corner), toUp = Math.abs(left - corner), toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function chunk(name, data) {
  const made = new Uint8Array(12 + data.length), view = new DataView(made.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) made[4 + i] = name.charCodeAt(i);
  made.set(data, 8);
  view.setUint32(8 + data.length, checksum(made.subarray(4, 8 + data.length)));
  return made;
}

const SUMS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  return sum;
});

function checksum(bytes) {
  let sum = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) sum = SUMS[(sum ^ bytes[i]) & 255] ^ (sum >>> 8);
  return ~sum >>> 0;
}
