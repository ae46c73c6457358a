// The camera: shows its picture in a video element, captures pictures to send, and is always released at the end.
import { Capture, type ImageOptions } from "./capture";
import { cameraFacts, cameraFailure, missingCamera } from "./camera_errors";
import { PassError } from "./errors";
import type { ConnectOptions } from "./lpproto";
import { Playing } from "./playing";
import { delay, within } from "./wait";

/** `selfie`: the user in front of the camera sees a mirrored picture. `operator`: someone else holds the camera. */
export type Mode = "selfie" | "operator";

export interface CameraOptions {
  /** Shows the camera's picture. */
  video: HTMLVideoElement;
  mode: Mode;
  /** Constraints for the camera; by default 1280x720 from the camera that suits the mode. */
  constraints?: MediaTrackConstraints;
  /** Milliseconds to wait for the browser's camera permission. */
  permissionTimeout: number;
  /** Milliseconds to wait for the first picture after that. */
  pictureTimeout: number;
  /** Milliseconds to wait for a new picture during the check. */
  stillTimeout: number;
  /** Called when the state of the picture changes. */
  onPicture?: (state: PictureState) => void;
  signal?: AbortSignal;
}

/**
 * What the camera's picture does: `flows`; stands `still`, because the system paused it or another app has the camera; is all
 * `black`; or needs a `tap`, because the browser plays it only after one. Only pictures that flow are sent.
 */
export type PictureState = "flows" | "still" | "black" | "tap";

/** The zoom range of a camera. Without a zoom lens, pictures are cropped, up to four times. */
export interface ZoomRange {
  min: number;
  max: number;
  step: number;
}

type ZoomTrack = { zoom?: ZoomRange };

/** Milliseconds after which a picture that does not change is reported, or sent if the camera says that it is new. */
const NEXT_PICTURE = 1000;
/** Milliseconds without a new picture after which the browser is asked for the camera again, at most as often. */
const REOPEN = 8000;
const CROP_RANGE: ZoomRange = { min: 1, max: 4, step: 0.1 };

export class Camera {
  /** Rejects with a PassError when the camera stops on its own; never resolves. */
  readonly stopped: Promise<never>;
  private readonly capture = new Capture();
  private readonly playing: Playing;
  readonly video: HTMLVideoElement;
  private stop!: (reason: PassError) => void;
  private stream!: MediaStream;
  private cut = 1;
  private shown = -1;
  private state: PictureState = "flows";

  private constructor(
    stream: MediaStream,
    private readonly constraints: MediaTrackConstraints,
    private readonly options: CameraOptions,
  ) {
    this.video = options.video;
    this.stopped = new Promise((_, reject) => (this.stop = reject));
    this.stopped.catch(() => {}); // no one may be awaiting it
    this.video.muted = true;
    this.video.playsInline = true;
    this.show();
    this.attach(stream);
    this.playing = new Playing(this.video);
  }

  /** Asks for the camera and shows it. Rejects with a PassError. */
  static async open(options: CameraOptions): Promise<Camera> {
    const { mode, constraints, permissionTimeout, signal } = options;
    const missing = missingCamera();
    if (missing) throw missing;
    const facing = constraints?.deviceId === undefined ? { facingMode: mode === "operator" ? "environment" : "user" } : {};
    const whole = { resizeMode: "none" } as MediaTrackConstraints; // TypeScript does not know it yet
    const wanted: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, ...whole, ...facing, ...constraints };
    const stream = await within(ask(wanted), permissionTimeout, () => new PassError("cameraTimeout"), signal, release);
    const camera = new Camera(stream, wanted, options);
    try {
      await Promise.race([camera.begin(), camera.stopped]);
      return camera;
    } catch (error) {
      camera.release();
      throw error;
    }
  }

  /** Waits until the element shows the first picture, which may need a tap. */
  private async begin(): Promise<void> {
    const { pictureTimeout, permissionTimeout, signal } = this.options;
    for (let waited = 0; ; waited += 20) {
      this.playing.keep();
      if (this.playing.plays) return this.enter("flows");
      const { refused } = this.playing;
      if (refused) this.enter("tap");
      if (waited >= (refused ? permissionTimeout : pictureTimeout))
        throw refused ? new PassError("cameraTap", "play: NotAllowedError") : new PassError("cameraBusy", "no picture");
      await delay(20, signal);
      if (document.hidden) waited = 0; // browsers begin when the page is seen
    }
  }

  /**
   * Returns the camera's next picture as it will be sent: not mirrored, in the camera's aspect ratio, cropped by the zoom. Waits
   * while the page is hidden, where cameras freeze, and for a new picture that shows something: repeats look like a recording. A
   * picture that is new but equal is sent after a second, for the server to judge. Rejects with a PassError if no picture comes.
   */
  async picture(options: ImageOptions = {}, signal?: AbortSignal): Promise<Blob> {
    let [since, reopened] = [performance.now(), performance.now()];
    for (;;) {
      if (document.hidden) {
        if (performance.now() - since >= NEXT_PICTURE) this.enter("still");
        await delay(50, signal);
        reopened = performance.now();
        if (!document.hidden) since = reopened;
        continue;
      }
      this.playing.keep();
      const [now, shown] = [performance.now(), this.playing.shown];
      const [isNew, late] = [shown !== this.shown, now - since >= NEXT_PICTURE];
      let black = false;
      const { muted, readyState } = this.track;
      if (this.playing.plays && !muted && readyState === "live" && (isNew || late)) {
        const picture = await this.capture.take(this.video, this.cut, options);
        black = picture.black;
        if (!black && (!picture.again || (isNew && late))) {
          this.shown = shown;
          this.enter("flows");
          return picture.blob;
        }
      }
      if (late) this.enter(this.playing.refused ? "tap" : black ? "black" : "still");
      if (now - since >= this.options.stillTimeout) throw this.whyStill();
      if ((this.state === "still" || this.state === "black") && now - reopened >= REOPEN) {
        await this.reopen();
        reopened = performance.now();
      }
      await delay(late ? 100 : 10, signal);
    }
  }

  /** Asks for the same camera again: some systems never give pictures again to a stream that a call has interrupted. */
  private async reopen(): Promise<void> {
    try {
      const stream = await within(ask(this.constraints), REOPEN, () => new PassError("cameraTimeout"), this.options.signal, release);
      if (this.video.srcObject !== this.stream) return release(stream); // released meanwhile
      release(this.stream);
      this.attach(stream);
    } catch {
      // it is still taken: the old stream may come back yet
    }
  }

  private attach(stream: MediaStream): void {
    this.stream = stream;
    this.video.srcObject = stream;
    for (const track of stream.getTracks()) {
      track.addEventListener("ended", () => {
        if (this.stream === stream) this.stop(new PassError("cameraStopped", "the track ended"));
      });
    }
  }

  private enter(state: PictureState): void {
    if (this.state === state) return;
    this.state = state;
    this.options.onPicture?.(state);
  }

  private whyStill(): PassError {
    if (this.state === "tap") return new PassError("cameraTap", "play: NotAllowedError");
    return this.state === "black" ? new PassError("cameraBlack") : new PassError("cameraStopped", "no new picture");
  }

  private get track(): MediaStreamTrack {
    return this.stream.getVideoTracks()[0]!;
  }

  /** Contains the last captured picture. */
  get canvas(): HTMLCanvasElement {
    return this.capture.canvas;
  }

  /** The ID of the device in use, as in `enumerateDevices`. */
  get deviceId(): string {
    return this.track.getSettings().deviceId ?? "";
  }

  get zoomRange(): ZoomRange {
    const lens = (this.track.getCapabilities?.() as ZoomTrack | undefined)?.zoom;
    return lens && lens.max > lens.min ? lens : CROP_RANGE;
  }

  /** Zooms with the lens if possible, otherwise by cropping. */
  async zoom(value: number): Promise<void> {
    const range = this.zoomRange;
    const zoom = Math.min(range.max, Math.max(range.min, value));
    if (range === CROP_RANGE) {
      this.cut = zoom;
      this.show();
    } else {
      await this.track.applyConstraints({ advanced: [{ zoom } as MediaTrackConstraintSet] });
    }
  }

  /** Returns what the browser reports about the camera, without the IDs that identify the device. */
  about(): Pick<ConnectOptions, "device" | "capabilities" | "platform"> {
    const facts = { settings: this.track.getSettings(), capabilities: this.track.getCapabilities?.() }; // not every browser has getCapabilities
    const capabilities = JSON.stringify(facts, (key, value: unknown) => (key === "deviceId" || key === "groupId" ? undefined : value));
    return { device: this.track.label, capabilities, platform: navigator.platform };
  }

  /** Switches the camera off. Safe to call more than once. */
  release(): void {
    this.playing.stop();
    release(this.stream);
    if (this.video.srcObject !== this.stream) return;
    this.video.srcObject = null;
    this.video.style.transform = "";
  }

  private show(): void {
    this.video.style.transform = `scale(${this.options.mode === "selfie" ? -this.cut : this.cut}, ${this.cut})`;
  }
}

/** Lists the cameras. Browsers reveal their names only after one has been opened. */
export async function cameras(): Promise<MediaDeviceInfo[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId !== "");
}

function ask(video: MediaTrackConstraints): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({ video, audio: false }).catch(async (error) => {
    throw cameraFailure(error, await cameraFacts());
  });
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
