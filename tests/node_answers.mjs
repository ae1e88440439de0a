// Answers tests/node.py: a JSON question a line on stdin, a JSON answer a line on stdout. Hashes with the modules the portal serves.
import { createInterface } from 'node:readline';
import { PDQ } from '../src/amparo/hashing/kinds/pdq.js';
import { md5 } from '../src/amparo/hashing/kinds/md5.js';
import { sha256 } from '../src/amparo/hashing/kinds/sha256.js';
import { formatOf } from '../src/amparo/web/static/format.js';
import { lumaOf } from '../src/amparo/web/static/luma.js';
import { orientationOf } from '../src/amparo/web/static/orientation.js';
import { plainOf } from '../src/amparo/web/static/plain.js';
import { onePerSecond } from '../src/amparo/web/static/seconds.js';

const DIGESTS = { md5, sha256 };
const bytesOf = (text) => new Uint8Array(Buffer.from(text, 'base64'));

const textOf = (bytes) => Buffer.from(bytes).toString('base64');

const VERBS = {
  /** form: rgba or luma; bands: how many rows come at a time, by turns; stride: of luma rows. */
  pdq({ width, height, form, bands, stride, data }) {
    const bytes = bytesOf(data), step = form === 'rgba' ? 4 * width : stride;
    const hash = new PDQ(width, height);
    for (let y = 0, turn = 0; y < height; turn++) {
      const rows = Math.min(bands[turn % bands.length], height - y);
      hash[form](bytes.slice(y * step, (y + rows) * step), rows, stride);
      y += rows;
    }
    return hash.finish();
  },
  /** Bytes of all arrays that hashing a picture of that size holds. */
  pdq_holds({ width, height }) {
    const arrays = Object.values(new PDQ(width, height)).filter((value) => ArrayBuffer.isView(value));
    return arrays.reduce((sum, array) => sum + array.byteLength, 0);
  },
  pdq_short({ width, height, rows }) {
    const hash = new PDQ(width, height);
    hash.rgba(new Uint8Array(4 * width * rows), rows);
    return hash.finish();
  },
  /** Luma of every sum of thousandths, by multiplying, that is not what dividing gives. */
  luma_wrong() {
    let wrong = 0;
    for (let k = 0; k <= 255_000; k++) wrong += Math.fround(k * 0.001) !== Math.fround(k / 1000);
    return wrong;
  },
  digest({ kind, data, cuts, times = 1 }) {
    const bytes = bytesOf(data), digest = DIGESTS[kind]();
    for (let n = 0; n < times; n++) {
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        digest.update(bytes.subarray(at, cut));
        at = cut;
      }
    }
    return digest.digestHex();
  },
  format: ({ data }) => formatOf(bytesOf(data)),
  orientation: ({ data }) => orientationOf(bytesOf(data)),
  async plain({ format, data }) {
    const { blob, cover, orientation } = await plainOf(new Blob([bytesOf(data)]), format);
    return { orientation, data: textOf(await blob.arrayBuffer()), cover: cover && textOf(await cover.arrayBuffer()) };
  },
  seconds: ({ times }) => onePerSecond(times),
  /** A frame whose plane is `data`; offset, stride: of it. */
  async luma({ data, format, fullRange, visibleRect, offset, stride, turns }) {
    const bytes = bytesOf(data);
    const copyTo = async (into) => (into.set(bytes), [{ offset, stride }]);
    const frame = { format, visibleRect, colorSpace: { fullRange }, allocationSize: () => bytes.length, copyTo };
    const made = await lumaOf(frame, turns);
    return made && { width: made.width, height: made.height, luma: made.luma && textOf(made.luma), rgba: made.rgba && textOf(made.rgba) };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { verb, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = { gives: await VERBS[verb](given) };
  } catch (error) {
    answer = { thrown: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
