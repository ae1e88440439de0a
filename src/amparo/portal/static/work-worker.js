// Looks for the nonce of a proof of work: SHA-256 of `question.nonce` begins with `bits` zero bits (portal/work.py).
// All of it fits one block of 64 bytes, so that only the nonce's eight digits change from one try to the next.
import { START, block } from './kinds/sha256.js';

const NONCE_CHARS = 8;
const DIGITS = Array.from('0123456789abcdef', (letter) => letter.charCodeAt(0));

onmessage = ({ data: { question, bits } }) => postMessage(`${question}.${nonceOf(`${question}.`, bits)}`);

function nonceOf(head, bits) {
  const message = new Uint8Array(64);
  const length = head.length + NONCE_CHARS;
  if (length > 55 || bits > 32) throw new RangeError('more than one block, or more bits than a word');
  new TextEncoder().encodeInto(head, message);
  message[length] = 0x80;
  new DataView(message.buffer).setUint32(60, 8 * length);
  const state = new Int32Array(START.length);
  for (let nonce = 0; nonce <= 0xffffffff; nonce++) {
    for (let i = 0; i < NONCE_CHARS; i++) message[head.length + i] = DIGITS[(nonce >>> (28 - 4 * i)) & 15];
    state.set(START);
    block(state, message, 0);
    if (Math.clz32(state[0]) >= bits) return nonce.toString(16).padStart(NONCE_CHARS, '0');
  }
  throw new RangeError('no nonce');
}
