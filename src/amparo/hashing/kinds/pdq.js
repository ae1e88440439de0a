// PDQ in plain JavaScript for pages, workers and node: the same bits and quality as the kernels of amparo.hashing, at full size.
// A picture goes through in bands of rows and is never held: memory is its width times a window of rows (height / 128).
// It decodes nothing and knows no canvas. Numbers: pdq_numpy.py. Every sum keeps single precision and the order of the kernels.

const SIDE = 64; // of the thumbnail
const KEEP = 16; // coefficients on each axis
const SIDE_MIN = 5;
const ABREAST = 4; // rows filtered together: each sum waits for its own last addition, four fill the wait
const f = Math.fround;

const BASIS = (() => {
  const scale = f(Math.sqrt(2 / SIDE));
  const basis = new Float32Array(KEEP * SIDE);
  for (let u = 0; u < KEEP; u++)
    for (let x = 0; x < SIDE; x++) basis[u * SIDE + x] = scale * Math.cos((Math.PI / 2 / SIDE) * (u + 1) * (2 * x + 1));
  return basis;
})();

/** One axis of n samples: the window's length, how far it reaches ahead of its centre, where the thumbnail's samples lie. */
function axisOf(n) {
  const window = Math.floor((n + 2 * SIDE - 1) / (2 * SIDE));
  const picks = Int32Array.from({ length: SIDE }, (_, i) => Math.floor(((i + 0.5) * n) / SIDE));
  return { n, window, lead: ((window + 2) >> 1) - 1, picks };
}

/** How many samples lie in the window when the sample `at` has come in last; `at` may be beyond the end. */
const within = ({ n, window }, at) => Math.min(at, n - 1) - Math.max(at - window + 1, 0) + 1;

/** The PDQ of one picture: feed it all rows from the top by `rgba` or `luma`, then `finish`. */
export class PDQ {
  /** Sides in pixels, whole numbers from 1 on. */
  constructor(width, height) {
    if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) throw new RangeError('sides');
    this.width = width;
    this.height = height;
    this.rows = 0;
    this.tiny = Math.min(width, height) < SIDE_MIN;
    this.isThumb = width === SIDE && height === SIDE;
    this.thumb = new Float32Array(SIDE * SIDE);
    if (!this.tiny && !this.isThumb) this._open();
  }

  _open() {
    const { width } = this;
    this.across = axisOf(width);
    this.down = axisOf(this.height);
    this.slots = this.down.window + ABREAST;
    this.lines = new Float32Array(ABREAST * width); // luma
    this.held = 0;
    this.ring = new Float32Array(this.slots * width); // after the first pass across
    this.sums = new Float32Array(width); // of the first pass down
    this.entered = 0;
    this.means = new Float32Array(ABREAST * width); // after the first pass down
    this.meant = 0;
    this.tail = new Float32Array(this.slots * SIDE); // sampled columns of the second pass across
    this.tailed = 0;
    this.last = new Float32Array(SIDE); // sums of the second pass down
    this.picked = 0;
  }

  /** Rows of RGBA, four bytes a pixel; the alpha byte is not looked at. bytes: aligned to 4, as canvases give them. */
  rgba(bytes, rows) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, rows * this.width);
    this._take(rows, (row, into, at) => lumaOfWords(words, row * this.width, into, at, this.width));
  }

  /** Rows of luma, one byte a pixel, each row `stride` bytes after the last. */
  luma(bytes, rows, stride = this.width) {
    this._take(rows, (row, into, at) => into.set(bytes.subarray(row * stride, row * stride + this.width), at));
  }

  /** The hash as 64 hex digits and the quality 0 to 100; zeros and 0 under 5 x 5. Throws RangeError where rows are missing. */
  finish() {
    if (this.rows !== this.height) throw new RangeError('rows');
    if (this.tiny) return { value: '0'.repeat(2 * (KEEP * KEEP) / 8), quality: 0 };
    if (!this.isThumb) this._drain();
    return { value: hexOf(bitsOf(transform(this.thumb))), quality: qualityOf(this.thumb) };
  }

  _take(rows, read) {
    if (this.rows + rows > this.height) throw new RangeError('rows');
    for (let row = 0; row < rows && !this.tiny; row++) {
      if (this.isThumb) read(row, this.thumb, (this.rows + row) * SIDE);
      else {
        read(row, this.lines, this.held++ * this.width);
        if (this.held === ABREAST) this._band();
      }
    }
    this.rows += rows;
  }

  /** The held rows through the first pass across, then one by one down. */
  _band() {
    const { width, across, slots, ring, held } = this;
    const at = Array.from({ length: ABREAST }, (_, r) => ((this.entered + Math.min(r, held - 1)) % slots) * width);
    if (held === ABREAST) alongFour(this.lines, ring, at, across);
    else for (let r = 0; r < held; r++) along(this.lines, r * width, ring, at[r], across);
    this.held = 0;
    for (let r = 0; r < held; r++) this._descend();
  }

  /** One step of the first pass down: the row `entered` comes in (none beyond the end), a row of means may come out. */
  _descend() {
    const { width, down, slots, ring, sums } = this;
    const y = this.entered++;
    const enter = y < this.height ? (y % slots) * width : -1;
    const leave = y >= down.window ? ((y - down.window) % slots) * width : -1;
    const out = y >= down.lead ? this.meant * width : -1;
    descend(ring, sums, { enter, leave, out, count: within(down, y), means: this.means });
    if (out >= 0 && ++this.meant === ABREAST) this._sampleColumns();
  }

  /** The rows of means through the second pass across, of which 64 columns are kept, then down. */
  _sampleColumns() {
    const { width, means, meant, slots, tail, across } = this;
    const at = Array.from({ length: ABREAST }, (_, r) => ((this.tailed + Math.min(r, meant - 1)) % slots) * SIDE);
    if (meant === ABREAST) sampleFour(means, tail, at, across);
    else for (let r = 0; r < meant; r++) sample(means, r * width, tail, at[r], across);
    this.meant = 0;
    for (let r = 0; r < meant; r++) this._sampleRows();
  }

  /** One step of the second pass down, over 64 columns; a row of the thumbnail may come out. */
  _sampleRows() {
    const { down, slots, tail, last, thumb } = this;
    const y = this.tailed++;
    const enter = (y % slots) * SIDE;
    const leave = y >= down.window ? ((y - down.window) % slots) * SIDE : -1;
    for (let x = 0; x < SIDE; x++) {
      if (y < this.height) last[x] += tail[enter + x];
      if (leave >= 0) last[x] -= tail[leave + x];
    }
    for (; this.picked < SIDE && down.picks[this.picked] + down.lead === y; this.picked++)
      for (let x = 0; x < SIDE; x++) thumb[this.picked * SIDE + x] = last[x] / within(down, y);
  }

  _drain() {
    if (this.held) this._band();
    while (this.entered < this.height + this.down.lead) this._descend();
    if (this.meant) this._sampleColumns();
    while (this.picked < SIDE) this._sampleRows();
  }
}

/** 0.299 R + 0.587 G + 0.114 B, in thousandths first: the same float as by division, for each of the 255,001 (tested). */
function lumaOfWords(words, from, into, at, count) {
  for (let i = 0; i < count; i++) {
    const p = words[from + i];
    into[at + i] = ((p & 255) * 299 + ((p >>> 8) & 255) * 587 + ((p >>> 16) & 255) * 114) * 0.001;
  }
}

/** Mean over the window along one row. */
function along(from, a, into, o, { n, window, lead }) {
  let sum = f(0);
  for (let x = 0; x < n + lead; x++) {
    if (x < n) sum = f(sum + from[a + x]);
    if (x >= window) sum = f(sum - from[a + x - window]);
    if (x >= lead) into[o + x - lead] = sum / within({ n, window }, x);
  }
}

/** The same along four rows that lie one after the other in `from`; row r goes to at[r]. */
function alongFour(from, into, at, axis) {
  const { n, window, lead } = axis;
  if (n < 2 * window) {
    for (let r = 0; r < ABREAST; r++) along(from, r * n, into, at[r], axis);
    return;
  }
  const b = n, c = 2 * n, d = 3 * n;
  let p = at[0], q = at[1], r = at[2], s = at[3], x = 0;
  let sum0 = f(0), sum1 = f(0), sum2 = f(0), sum3 = f(0), count = 0;
  for (; x < window; x++) {
    sum0 = f(sum0 + from[x]); sum1 = f(sum1 + from[b + x]); sum2 = f(sum2 + from[c + x]); sum3 = f(sum3 + from[d + x]);
    count++;
    if (x >= lead) {
      into[p++] = sum0 / count; into[q++] = sum1 / count; into[r++] = sum2 / count; into[s++] = sum3 / count;
    }
  }
  const whole = f(window);
  for (let y = 0; x < n; x++, y++) {
    sum0 = f(f(sum0 + from[x]) - from[y]); sum1 = f(f(sum1 + from[b + x]) - from[b + y]);
    sum2 = f(f(sum2 + from[c + x]) - from[c + y]); sum3 = f(f(sum3 + from[d + x]) - from[d + y]);
    into[p++] = f(sum0 / whole); into[q++] = f(sum1 / whole); into[r++] = f(sum2 / whole); into[s++] = f(sum3 / whole);
  }
  for (let y = n - window; x < n + lead; x++, y++) {
    sum0 = f(sum0 - from[y]); sum1 = f(sum1 - from[b + y]); sum2 = f(sum2 - from[c + y]); sum3 = f(sum3 - from[d + y]);
    count--;
    into[p++] = sum0 / count; into[q++] = sum1 / count; into[r++] = sum2 / count; into[s++] = sum3 / count;
  }
}

/** A running sum for each column: so memory is read row after row. -1 stands for no such row. */
function descend(ring, sums, { enter, leave, out, count, means }) {
  const width = sums.length, divisor = f(count);
  if (enter >= 0 && leave >= 0 && out >= 0) {
    for (let x = 0; x < width; x++) {
      const sum = f(f(sums[x] + ring[enter + x]) - ring[leave + x]);
      sums[x] = sum;
      means[out + x] = f(sum / divisor);
    }
    return;
  }
  if (enter >= 0) for (let x = 0; x < width; x++) sums[x] += ring[enter + x];
  if (leave >= 0) for (let x = 0; x < width; x++) sums[x] -= ring[leave + x];
  if (out >= 0) for (let x = 0; x < width; x++) means[out + x] = sums[x] / divisor;
}

/** The sampled columns of the mean along one row. */
function sample(from, a, into, o, axis) {
  const { n, window, lead, picks } = axis;
  let sum = f(0), x = 0;
  for (let i = 0; i < SIDE; i++) {
    for (const end = picks[i] + lead; x <= end; x++) {
      if (x < n) sum = f(sum + from[a + x]);
      if (x >= window) sum = f(sum - from[a + x - window]);
    }
    into[o + i] = sum / within(axis, picks[i] + lead);
  }
}

/** The same along four rows. */
function sampleFour(from, into, at, axis) {
  const { n, window, lead, picks } = axis;
  const b = n, c = 2 * n, d = 3 * n;
  let sum0 = f(0), sum1 = f(0), sum2 = f(0), sum3 = f(0), x = 0;
  for (let i = 0; i < SIDE; i++) {
    const end = picks[i] + lead;
    for (const stop = Math.min(end + 1, window, n); x < stop; x++) {
      sum0 = f(sum0 + from[x]); sum1 = f(sum1 + from[b + x]); sum2 = f(sum2 + from[c + x]); sum3 = f(sum3 + from[d + x]);
    }
    for (const stop = Math.min(end + 1, n); x < stop; x++) {
      const y = x - window;
      sum0 = f(f(sum0 + from[x]) - from[y]); sum1 = f(f(sum1 + from[b + x]) - from[b + y]);
      sum2 = f(f(sum2 + from[c + x]) - from[c + y]); sum3 = f(f(sum3 + from[d + x]) - from[d + y]);
    }
    for (; x <= end; x++) {
      const y = x - window;
      if (y < 0) continue;
      sum0 = f(sum0 - from[y]); sum1 = f(sum1 - from[b + y]); sum2 = f(sum2 - from[c + y]); sum3 = f(sum3 - from[d + y]);
    }
    const count = within(axis, end);
    into[at[0] + i] = sum0 / count; into[at[1] + i] = sum1 / count;
    into[at[2] + i] = sum2 / count; into[at[3] + i] = sum3 / count;
  }
}

/** Rows and columns 1 to 16 of the cosine transform. */
function transform(thumb) {
  const half = new Float32Array(KEEP * SIDE), out = new Float32Array(KEEP * KEEP);
  for (let u = 0; u < KEEP; u++)
    for (let x = 0; x < SIDE; x++) {
      let sum = f(0);
      for (let k = 0; k < SIDE; k++) sum = f(sum + f(BASIS[u * SIDE + k] * thumb[k * SIDE + x]));
      half[u * SIDE + x] = sum;
    }
  for (let u = 0; u < KEEP; u++)
    for (let v = 0; v < KEEP; v++) {
      let sum = f(0);
      for (let k = 0; k < SIDE; k++) sum = f(sum + f(half[u * SIDE + k] * BASIS[v * SIDE + k]));
      out[u * KEEP + v] = sum;
    }
  return out;
}

/** A bit for each coefficient over the median; the first coefficient is the last bit. */
function bitsOf(coefficients) {
  const median = Float32Array.from(coefficients).sort()[(KEEP * KEEP) / 2 - 1];
  const bits = new Uint8Array((KEEP * KEEP) / 8);
  coefficients.forEach((value, i) => {
    if (value > median) bits[bits.length - 1 - (i >> 3)] |= 1 << (i & 7);
  });
  return bits;
}

function qualityOf(thumb) {
  const step = (a, b) => Math.abs(Math.trunc(f(f(f(thumb[a] - thumb[b]) * 100) / 255)));
  let sum = 0;
  for (let i = 0; i < SIDE * SIDE; i++) {
    if (i + SIDE < SIDE * SIDE) sum += step(i, i + SIDE);
    if (i % SIDE < SIDE - 1) sum += step(i, i + 1);
  }
  return Math.min(100, Math.floor(sum / 90));
}

const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
