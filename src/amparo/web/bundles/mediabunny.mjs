// What of mediabunny (MPL-2.0) the portal takes to read the frames of a video. Loaded only when a video is chosen.
export {
  BlobSource, EncodedPacketSink, Input, MATROSKA, MP4, MPEG_TS, QTFF, VideoSampleSink, WEBM,
} from "mediabunny";
