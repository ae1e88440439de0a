// Frame hashes of a video, one a second, from the luma plane as it is decoded: the video profile vx1 (docs/video-profile.md).
// Loaded, with the reader of containers (vendor/mediabunny.js), only when a video was chosen. Decoders: the browser's (WebCodecs).
import {
  BlobSource, EncodedPacketSink, Input, MATROSKA, MP4, MPEG_TS, QTFF, VideoSampleSink, WEBM,
} from './vendor/mediabunny.js';
import { PDQ } from './kinds/pdq.js';
import { NoHash } from './hash-picture.js';
import { lumaOf } from './luma.js';
import { onePerSecond } from './seconds.js';

const FORMATS = [MP4, QTFF, WEBM, MATROSKA, MPEG_TS];

/** {width, height, approximate, frames: [{value, quality, at_ms}]}; approximate where the browser gave colours instead of luma. onProgress(fraction); signal: ends it between two frames.
 *
 * Throws NoHash('no_frames') where the container, the codec or the layout of its frames cannot be read here.
 */
export async function hashVideo(file, { onProgress, signal } = {}) {
  const input = new Input({ source: new BlobSource(file), formats: FORMATS });
  try {
    const track = await filmOf(input);
    if (!track || !(await track.canDecode())) throw new NoHash('no_frames');
    const chosen = await chosenOf(track, signal);
    return await hashed(track, chosen, { onProgress, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof NoHash ? error : new NoHash('no_frames');
  } finally {
    input.dispose();
  }
}

/** The first track of film marked as default, else the first. */
async function filmOf(input) {
  const tracks = await input.getVideoTracks();
  for (const track of tracks) if ((await track.getDisposition()).default) return track;
  return tracks[0];
}

/** Times of the frames to hash: [{at_s: in the track, at_ms: since its first frame}]. */
async function chosenOf(track, signal) {
  const times = [];
  for await (const packet of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true })) {
    signal?.throwIfAborted();
    times.push(packet.timestamp);
  }
  times.sort((a, b) => a - b);
  return onePerSecond(times.filter((at) => at >= 0 || times.at(-1) < 0));
}

async function hashed(track, chosen, { onProgress, signal }) {
  const turns = { turn: await track.getRotation(), isMirrored: await track.getFlip() };
  const frames = [];
  let at = 0, size = { width: 0, height: 0 }, approximate = false;
  for await (const sample of new VideoSampleSink(track).samplesAtTimestamps(chosen.map(({ at_s }) => at_s))) {
    const { at_ms } = chosen[at++];
    if (!sample) continue;
    try {
      signal?.throwIfAborted();
      const picture = await lumaOf(sample, turns);
      if (!picture) throw new NoHash('no_frames');
      size = { width: picture.width, height: picture.height };
      approximate ||= !picture.luma;
      frames.push({ ...hashOf(picture), at_ms });
    } finally {
      sample.close();
    }
    onProgress?.(at / chosen.length);
  }
  if (!frames.length) throw new NoHash('no_frames');
  return { ...size, approximate, frames };
}

function hashOf({ luma, rgba, width, height }) {
  const hash = new PDQ(width, height);
  if (luma) hash.luma(luma, height);
  else hash.rgba(rgba, height);
  return hash.finish();
}
