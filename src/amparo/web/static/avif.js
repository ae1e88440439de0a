// An AVIF whose pixels are not all opaque, as two files: its colours, and its alpha as a grey picture. Decodes nothing.
// Browsers do not agree on such files: Chromium 156 widens the alpha as if it were of limited range, others premultiply and lose a level.
// Only which item of the file is shown is changed. Source: ISO/IEC 14496-12 section 8.11 (meta, pitm, iref), AV1 Image File Format 4.1.

const ALPHA = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha', 'urn:mpeg:hevc:2015:auxid:1'];

/** {colours, alpha}, two files; null where there is no alpha apart, or none this can take apart. */
export function partsOfAVIF(bytes) {
  try {
    return read(bytes);
  } catch {
    return null; // a box ends before it should
  }
}

function read(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const meta = boxes(view, 0, view.byteLength).find(({ type }) => type === 'meta');
  const inside = boxes(view, meta.from + 4, meta.to);
  const primary = inside.find(({ type }) => type === 'pitm'), references = inside.find(({ type }) => type === 'iref');
  if (!references || !ALPHA.some((urn) => ascii(view, meta.from, meta.to).includes(urn))) return null;
  const idAt = idOf(view, primary), refer = idOf(view, references);
  const all = boxes(view, references.from + 4, references.to);
  if (all.some(({ type }) => type === 'prem')) return null;
  const shown = idAt.read(primary.from + 4);
  const link = all.find(({ type, from }) => type === 'auxl' && refer.read(from + refer.bytes + 2) === shown);
  if (!link) return null;
  const colours = bytes.slice();
  colours[link.from - 4] = 'x'.charCodeAt(0); // a reference of no known type
  const alpha = colours.slice();
  idAt.write(new DataView(alpha.buffer), primary.from + 4, refer.read(link.from));
  return { colours, alpha };
}

/** The boxes from there to there: {type, from, to} of what is in each. */
function boxes(view, from, to) {
  const found = [];
  for (let at = from; at + 8 <= to; ) {
    const size = view.getUint32(at), type = ascii(view, at + 4, at + 8);
    const length = size === 0 ? to - at : size === 1 ? Number(view.getBigUint64(at + 8)) : size;
    if (length < 8) throw new RangeError('box');
    found.push({ type, from: at + (size === 1 ? 16 : 8), to: Math.min(at + length, to) });
    at += length;
  }
  return found;
}

/** How a box writes the number of an item: 2 bytes in version 0, else 4. */
function idOf(view, { from }) {
  const isShort = view.getUint8(from) === 0;
  return {
    bytes: isShort ? 2 : 4,
    read: (at) => (isShort ? view.getUint16(at) : view.getUint32(at)),
    write: (into, at, id) => (isShort ? into.setUint16(at, id) : into.setUint32(at, id)),
  };
}

const ascii = (view, from, to) => String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + from, to - from));
