// What MD5 and SHA-256 share: bytes cut into blocks of 64, the length at the end, the hex form. No kind by itself.

const BLOCK = 64;
const LENGTH = 8; // bytes of the length, in bits

/** The digest that `block(state, bytes, offset)` makes of an Int32Array `state`, one block of 64 bytes after the other. */
export function digestOf(state, block, { littleEndian }) {
  const rest = new Uint8Array(BLOCK); // what came in and fills no block yet
  let held = 0;
  let length = 0;
  const update = (bytes) => {
    let at = 0;
    length += bytes.length;
    if (held) {
      at = Math.min(BLOCK - held, bytes.length);
      rest.set(bytes.subarray(0, at), held);
      held += at;
      if (held < BLOCK) return;
      block(state, rest, 0);
    }
    for (; at + BLOCK <= bytes.length; at += BLOCK) block(state, bytes, at);
    rest.set(bytes.subarray(at));
    held = bytes.length - at;
  };
  const digestHex = () => {
    const end = new Uint8Array((held < BLOCK - LENGTH ? BLOCK : 2 * BLOCK) - held);
    const view = new DataView(end.buffer);
    const low = (length * 8) % 2 ** 32, high = Math.floor(length / 2 ** 29);
    end[0] = 0x80;
    view.setUint32(end.length - (littleEndian ? 8 : 4), low, littleEndian);
    view.setUint32(end.length - (littleEndian ? 4 : 8), high, littleEndian);
    update(end);
    const out = new DataView(new ArrayBuffer(4 * state.length));
    state.forEach((word, i) => out.setInt32(4 * i, word, littleEndian));
    return Array.from(new Uint8Array(out.buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  return { update, digestHex };
}
