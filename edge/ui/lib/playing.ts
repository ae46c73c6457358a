// Keeps a video element playing, and reports whether it shows new pictures. Systems pause it on a call, a switch of apps or a locked
// screen, and do not always play it again; some browsers play it only after a tap.
import { PassError } from "./errors";

/** Milliseconds between attempts to play. */
const AGAIN = 500;
const GESTURES = ["pointerup", "touchend", "click", "keydown"];
/** When the system may have paused the element, or lets it play again; some systems resume a page without visibilitychange. */
const RETURNS = ["pageshow", "focus", "visibilitychange"];

/** Not every browser has these. */
type FrameVideo = Omit<HTMLVideoElement, "requestVideoFrameCallback" | "cancelVideoFrameCallback" | "getVideoPlaybackQuality"> &
  Partial<Pick<HTMLVideoElement, "requestVideoFrameCallback" | "cancelVideoFrameCallback" | "getVideoPlaybackQuality">>;

export class Playing {
  /** Whether the browser refused to play without a tap. Any tap or key then plays. */
  refused = false;
  private pictures = 0;
  private callback = 0;
  private tried = -Infinity;
  private trying = false;
  private fault: PassError | undefined;
  private readonly element: FrameVideo;
  private readonly ended = new AbortController();

  constructor(video: HTMLVideoElement) {
    this.element = video;
    const { signal } = this.ended;
    for (const name of GESTURES) document.addEventListener(name, this.onGesture, { signal, capture: true });
    for (const name of RETURNS) addEventListener(name, this.onReturn, { signal, capture: true });
    video.addEventListener("pause", this.onReturn, { signal });
    this.count();
  }

  /** Changes when the element shows a new picture, except in browsers that cannot tell. */
  get shown(): number {
    if (this.element.requestVideoFrameCallback) return this.pictures;
    return this.element.getVideoPlaybackQuality?.().totalVideoFrames || this.element.currentTime;
  }

  /** Whether the element has a picture and plays. */
  get plays(): boolean {
    const { paused, readyState, videoWidth } = this.element;
    return !paused && readyState >= 2 && videoWidth > 0;
  }

  /** Plays the element if it is paused. Throws a PassError if it cannot be played; to be called again and again. */
  keep(now = performance.now()): void {
    if (this.fault) throw this.fault;
    if (this.element.paused && !this.trying && now - this.tried >= AGAIN) this.play(now);
  }

  /** Ends the watch. */
  stop(): void {
    this.ended.abort();
    this.element.cancelVideoFrameCallback?.(this.callback);
  }

  private readonly onGesture = (): void => {
    if (this.refused && this.element.paused) this.play(performance.now());
  };

  private readonly onReturn = (): void => {
    if (this.element.paused && !this.trying) this.play(performance.now());
  };

  private play(now: number): void {
    this.tried = now;
    this.trying = true;
    Promise.resolve(this.element.play())
      .then(
        () => (this.refused = false),
        ({ name, message }: DOMException) => {
          if (name === "NotAllowedError") this.refused = true;
          else if (name === "NotSupportedError") this.fault = new PassError("cameraBusy", `play: ${name}: ${message}`);
          // An AbortError says that something else paused or loaded the element: the next attempt will tell.
        },
      )
      .finally(() => (this.trying = false));
  }

  private count(): void {
    this.callback =
      this.element.requestVideoFrameCallback?.(() => {
        this.pictures++;
        this.count();
      }) ?? 0;
  }
}
