// What a file is, by its first bytes, never by its name or declared type: a picture, a video, or neither. Decodes nothing.
// As media/formats.py tells them, so that both sides call the same files pictures.

export const HEAD_BYTES = 512; // enough for any of these

const STARTS = [
  ['ffd8ff', 'jpeg', 'picture'],
  ['89504e470d0a1a0a', 'png', 'picture'],
  ['474946383761', 'gif', 'picture'],
  ['474946383961', 'gif', 'picture'],
  ['424d', 'bmp', 'picture'],
  ['49492a00', 'tiff', 'picture'],
  ['4d4d002a', 'tiff', 'picture'],
  ['49492b00', 'tiff', 'picture'],
  ['4d4d002b', 'tiff', 'picture'],
  ['464c5601', 'flv', 'video'],
  ['4f676753', 'ogg', 'video'],
  ['000001ba', 'mpeg', 'video'],
  ['3026b2758e66cf11a6d900aa0062ce6c', 'asf', 'video'],
  ['1a45dfa3', 'matroska', 'video'],
];
const AVIF = ['avif', 'avis'];
const HEIC = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'];
const OPEN = ['mif1', 'msf1']; // "some still picture": the compatible brands decide
const MOVIE = [
  'isom', 'iso2', 'iso3', 'iso4', 'iso5', 'iso6', 'iso7', 'iso8', 'iso9', 'mp41', 'mp42', 'mp71', 'avc1', 'hvc1', 'av01', 'dash',
  'msdh', 'cmfc', 'M4V ', 'M4VH', 'M4VP', 'MSNV', 'mmp4', 'f4v ', 'XAVC',
];
const MOVIE_BOXES = ['moov', 'mdat', 'wide', 'free', 'skip', 'pnot']; // QuickTime from before there were brands
const SYNC = 0x47; // of a transport stream's packets

/** {name, medium: 'picture' | 'video'} of a file that begins with these bytes (HEAD_BYTES of them), null for any other. */
export function formatOf(head) {
  const hex = Array.from(head.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const found = STARTS.find(([start]) => hex.startsWith(start));
  if (found) return { name: found[1], medium: found[2] };
  const word = (at) => String.fromCharCode(...head.subarray(at, at + 4));
  if (word(0) === 'RIFF' && word(8) === 'WEBP') return { name: 'webp', medium: 'picture' };
  if (word(0) === 'RIFF' && word(8) === 'AVI ') return { name: 'avi', medium: 'video' };
  if (word(4) === 'ftyp') return byBrand(head, word);
  if (MOVIE_BOXES.includes(word(4))) return { name: 'mov', medium: 'video' };
  const isTransport = [[0, 188], [4, 192]].some(([at, step]) => [0, 1, 2].every((n) => head[at + n * step] === SYNC));
  return isTransport ? { name: 'mpegts', medium: 'video' } : null;
}

/** Pictures and films share a container; the major brand decides, else the list of compatible ones. */
function byBrand(head, word) {
  const end = Math.min(new DataView(head.buffer, head.byteOffset).getUint32(0), 256);
  const brands = (from) => Array.from({ length: Math.max(0, Math.ceil((end - from) / 4)) }, (_, n) => word(from + 4 * n));
  const major = word(8);
  if (AVIF.includes(major)) return { name: 'avif', medium: 'picture' };
  if (HEIC.includes(major)) return { name: 'heic', medium: 'picture' };
  if (OPEN.includes(major)) {
    return { name: brands(16).some((brand) => AVIF.includes(brand)) ? 'avif' : 'heic', medium: 'picture' };
  }
  const isMovie = major === 'qt  ' || major.startsWith('3g') || brands(8).some((brand) => MOVIE.includes(brand));
  return isMovie ? { name: 'mov', medium: 'video' } : null;
}
