// The camera: opened once a check, released on every end of it.
import type { ConnectOptions } from "../lib/lpproto";
import { frameSize } from "./frame_size";

export type CameraFault = "cameraRefused" | "cameraAbsent" | "cameraBusy" | "cameraInsecure" | "cameraStopped";

export class CameraError extends Error {
  override name = "CameraError";
  constructor(
    readonly kind: CameraFault,
    readonly detail = "",
  ) {
    super(`${kind} ${detail}`);
  }
}

const JPEG_QUALITY = 0.9;
const FIRST_PICTURE_TIMEOUT = 10_000; // ms

export class Camera {
  /** Rejects with a CameraError when the camera stops by itself; never resolves. */
  readonly stopped: Promise<never>;
  private readonly canvas = document.createElement("canvas");

  private constructor(
    private readonly stream: MediaStream,
    private readonly video: HTMLVideoElement,
  ) {
    this.stopped = new Promise((_, reject) => {
      for (const track of stream.getTracks()) {
        track.addEventListener("ended", () => reject(new CameraError("cameraStopped")));
      }
    });
    this.stopped.catch(() => {}); // nobody may be waiting for it
  }

  /** Asks for the camera and shows it in the video element. Rejects with a CameraError. */
  static async open(video: HTMLVideoElement): Promise<Camera> {
    if (!navigator.mediaDevices?.getUserMedia) throw new CameraError("cameraInsecure");
    const wanted = { facingMode: "user", width: { ideal: 640 }, height: { ideal: 480 }, resizeMode: "none" };
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: wanted as MediaTrackConstraints, audio: false });
    } catch (error) {
      throw faultOf(error);
    }
    const camera = new Camera(stream, video);
    try {
      video.srcObject = stream;
      await Promise.race([firstPicture(video), camera.stopped]);
      return camera;
    } catch (error) {
      camera.release();
      throw error;
    }
  }

  /** The camera's present picture as JPEG, un-mirrored, in the camera's aspect. */
  async picture(): Promise<Blob> {
    const { width, height } = frameSize(this.video.videoWidth, this.video.videoHeight);
    this.canvas.width = width;
    this.canvas.height = height;
    const context = this.canvas.getContext("2d", { alpha: false });
    if (!context) throw new CameraError("cameraBusy", "no canvas");
    context.drawImage(this.video, 0, 0, width, height);
    const blob = await new Promise<Blob | null>((resolve) => this.canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
    if (!blob) throw new CameraError("cameraBusy", "no picture");
    return blob;
  }

  /** What the browser says of the camera, less the ids by which sites could know it again. */
  about(): Pick<ConnectOptions, "device" | "capabilities" | "platform"> {
    const track = this.stream.getVideoTracks()[0];
    const facts = { settings: track?.getSettings(), capabilities: track?.getCapabilities?.() }; // not every browser has the second
    const capabilities = JSON.stringify(facts, (key, value: unknown) => (key === "deviceId" || key === "groupId" ? undefined : value));
    return { device: track?.label, capabilities, platform: navigator.platform };
  }

  /** Switches the camera off. Safe to call more than once. */
  release(): void {
    for (const track of this.stream.getTracks()) track.stop();
    if (this.video.srcObject === this.stream) this.video.srcObject = null;
  }
}

async function firstPicture(video: HTMLVideoElement): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await Promise.race([
      video.play(),
      new Promise((_, reject) => {
        timer = setTimeout(() => reject(new CameraError("cameraBusy", "no picture")), FIRST_PICTURE_TIMEOUT);
      }),
    ]);
  } catch (error) {
    throw error instanceof CameraError ? error : new CameraError("cameraBusy", String(error));
  } finally {
    clearTimeout(timer);
  }
}

function faultOf(error: unknown): CameraError {
  const name = error instanceof DOMException ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return new CameraError("cameraRefused");
    case "NotFoundError":
    case "OverconstrainedError":
      return new CameraError("cameraAbsent");
    default:
      return new CameraError("cameraBusy", name || String(error));
  }
}
