// Which frames of a video are hashed: one a second, by the video profile vx1 (docs/video-profile.md). Decodes nothing.

export const FRAMES_MAX = 7_200; // two hours at one a second (hashing/video.py)
const SLACK_S = 1e-6; // times are told in seconds as floats: far less than a tick

/** Of times in seconds, in order: [{at_s, at_ms since the first}] of the first, then of each whole second the first not before it. */
export function onePerSecond(times) {
  const chosen = [];
  let second = -1;
  for (const at_s of times) {
    const since = at_s - times[0] + SLACK_S;
    if (Math.floor(since) <= second) continue;
    second = Math.floor(since);
    chosen.push({ at_s, at_ms: Math.floor(since * 1000) });
    if (chosen.length === FRAMES_MAX) break;
  }
  return chosen;
}
