// A video element that knows whether its picture still moves.

const STALLED_MS = 2500;

export class Picture {
  constructor(video) {
    this.video = video;
    this.arriving = false;
    this.paintedAt = -Infinity;
    this.watch();
  }

  watch() {
    const painted = () => {
      this.paintedAt = performance.now();
      this.video.requestVideoFrameCallback(painted);
    };
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(painted);
    else this.video.ontimeupdate = () => (this.paintedAt = performance.now());
  }

  show(stream) {
    this.arriving = true;
    this.paintedAt = -Infinity;
    this.video.srcObject = stream;
    // A browser that refuses to play is not an error to hide: the state below says "none".
    this.video.play().catch((error) => console.info("not playing", error.name));
  }

  /** Nothing arrives any more (browsers then paint one black frame). `show` begins again. */
  lost() {
    this.arriving = false;
  }

  /** What was painted before is not what comes next. */
  restart() {
    this.paintedAt = -Infinity;
  }

  /** "none" before the first frame, "moving", or "stalled". */
  get state() {
    if (!this.arriving || this.paintedAt === -Infinity) return "none";
    return performance.now() - this.paintedAt > STALLED_MS ? "stalled" : "moving";
  }
}
