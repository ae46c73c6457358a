// The camera: shows its picture in a video element, captures pictures to send, and is always released at the end.
import { PassError } from "./errors";
import { frameSize, type Size } from "./frame_size";
import type { ConnectOptions } from "./lpproto";
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
  signal?: AbortSignal;
}

/** The zoom range of a camera. Without a zoom lens, pictures are cropped, up to four times. */
export interface ZoomRange {
  min: number;
  max: number;
  step: number;
}

/** How pictures are encoded for sending. */
export interface ImageOptions extends Partial<Size> {
  /** image/jpeg or image/png. */
  mimetype?: string;
  /** 0 to 1. */
  quality?: number;
}

type ZoomTrack = { zoom?: ZoomRange };

/** Milliseconds to wait for a new picture; after that the old one is sent, for the server to judge. */
const NEXT_PICTURE = 1000;

const CROP_RANGE: ZoomRange = { min: 1, max: 4, step: 0.1 };

export class Camera {
  /** Rejects with a PassError when the camera stops on its own; never resolves. */
  readonly stopped: Promise<never>;
  /** Contains the last captured picture. */
  readonly canvas = document.createElement("canvas");
  private readonly track: MediaStreamTrack;
  private cut = 1;
  private last: Uint8Array = new Uint8Array();

  private constructor(
    private readonly stream: MediaStream,
    readonly video: HTMLVideoElement,
    private readonly mode: Mode,
  ) {
    this.track = stream.getVideoTracks()[0]!;
    this.stopped = new Promise((_, reject) => {
      for (const track of stream.getTracks()) {
        track.addEventListener("ended", () => reject(new PassError("cameraStopped")));
      }
    });
    this.stopped.catch(() => {}); // no one may be awaiting it
    this.show();
  }

  /** Asks for the camera and shows it. Rejects with a PassError. */
  static async open(options: CameraOptions): Promise<Camera> {
    const { video, mode, constraints, signal } = options;
    if (!navigator.mediaDevices?.getUserMedia) throw new PassError("cameraInsecure");
    const facing = constraints?.deviceId === undefined ? { facingMode: mode === "operator" ? "environment" : "user" } : {};
    const whole = { resizeMode: "none" } as MediaTrackConstraints; // TypeScript does not know it yet
    const wanted: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, ...whole, ...facing, ...constraints };
    const asked = navigator.mediaDevices.getUserMedia({ video: wanted, audio: false }).catch((error) => {
      throw failureOf(error);
    });
    const stream = await within(asked, options.permissionTimeout, () => new PassError("cameraTimeout"), signal, stop);
    const camera = new Camera(stream, video, mode);
    try {
      video.srcObject = stream;
      video.muted = true;
      video.playsInline = true;
      const playing = video.play().catch((error) => {
        throw new PassError("cameraBusy", String(error));
      });
      await within(
        Promise.race([playing, camera.stopped]),
        options.pictureTimeout,
        () => new PassError("cameraBusy", "no picture"),
        signal,
      );
      return camera;
    } catch (error) {
      camera.release();
      throw error;
    }
  }

  /**
   * Returns the camera's next picture as it will be sent: not mirrored, in the camera's aspect ratio, cropped by the zoom. Waits
   * while the page is hidden, where cameras freeze, and for a picture that differs from the last: repeats look like a recording.
   */
  async picture(options: ImageOptions = {}, signal?: AbortSignal): Promise<Blob> {
    const late = performance.now() + NEXT_PICTURE;
    for (;;) {
      while (document.hidden) await delay(50, signal);
      this.draw(options);
      const blob = await this.encode(options);
      const bytes = new Uint8Array(await blob.arrayBuffer());
      const again = bytes.length === this.last.length && bytes.every((byte, i) => byte === this.last[i]);
      this.last = bytes;
      if (!again || performance.now() > late) return blob;
      await delay(10, signal);
    }
  }

  private draw(limit: Partial<Size>): void {
    const [whole, cut] = [{ width: this.video.videoWidth, height: this.video.videoHeight }, this.cut];
    const part = { width: whole.width / cut, height: whole.height / cut };
    const size = frameSize(part, limit);
    Object.assign(this.canvas, size);
    const context = this.canvas.getContext("2d", { alpha: false });
    if (!context) throw new PassError("cameraBusy", "no canvas");
    const [left, top] = [(whole.width - part.width) / 2, (whole.height - part.height) / 2];
    context.drawImage(this.video, left, top, part.width, part.height, 0, 0, size.width, size.height);
  }

  private async encode({ mimetype = "image/jpeg", quality = 0.9 }: ImageOptions): Promise<Blob> {
    const blob = await new Promise<Blob | null>((resolve) => this.canvas.toBlob(resolve, mimetype, quality));
    if (!blob) throw new PassError("cameraBusy", "no picture");
    return blob;
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
    stop(this.stream);
    if (this.video.srcObject !== this.stream) return;
    this.video.srcObject = null;
    this.video.style.transform = "";
  }

  private show(): void {
    this.video.style.transform = `scale(${this.mode === "selfie" ? -this.cut : this.cut}, ${this.cut})`;
  }
}

/** Lists the cameras. Browsers reveal their names only after one has been opened. */
export async function cameras(): Promise<MediaDeviceInfo[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices.filter(({ kind, deviceId }) => kind === "videoinput" && deviceId !== "");
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function failureOf(error: unknown): PassError {
  const name = error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return new PassError("cameraRefused", "", { cause: error });
    case "NotFoundError":
    case "OverconstrainedError":
      return new PassError("cameraAbsent", "", { cause: error });
    default:
      return new PassError("cameraBusy", name || String(error), { cause: error });
  }
}
