// Captures pictures of a video element as they will be sent.
import { PassError } from "./errors";
import { frameSize, type Size } from "./frame_size";

/** How pictures are encoded for sending. */
export interface ImageOptions extends Partial<Size> {
  /** image/jpeg or image/png. */
  mimetype?: string;
  /** 0 to 1. */
  quality?: number;
}

/** The brightest value of 0 to 255 in a picture that shows nothing; even dark rooms have more noise. */
const BLACK = 4;

export class Capture {
  /** Contains the last captured picture. */
  readonly canvas = document.createElement("canvas");
  private readonly probe = document.createElement("canvas");
  private last: Uint8Array = new Uint8Array();

  /** Captures the picture that the element shows: not mirrored, in the camera's aspect ratio, its centre cropped by `cut`. */
  async take(video: HTMLVideoElement, cut: number, options: ImageOptions): Promise<{ blob: Blob; again: boolean; black: boolean }> {
    this.draw(video, cut, options);
    const black = this.isBlack();
    const { mimetype = "image/jpeg", quality = 0.9 } = options;
    const blob = await new Promise<Blob | null>((resolve) => this.canvas.toBlob(resolve, mimetype, quality));
    if (!blob) throw new PassError("cameraBusy", "no picture");
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const again = bytes.length === this.last.length && bytes.every((byte, i) => byte === this.last[i]);
    if (!black) this.last = bytes;
    return { blob, again, black };
  }

  private draw(video: HTMLVideoElement, cut: number, limit: Partial<Size>): void {
    const whole = { width: video.videoWidth, height: video.videoHeight };
    const part = { width: whole.width / cut, height: whole.height / cut };
    const size = frameSize(part, limit);
    Object.assign(this.canvas, size);
    const context = this.canvas.getContext("2d", { alpha: false });
    if (!context) throw new PassError("cameraBusy", "no canvas");
    const [left, top] = [(whole.width - part.width) / 2, (whole.height - part.height) / 2];
    context.drawImage(video, left, top, part.width, part.height, 0, 0, size.width, size.height);
  }

  private isBlack(): boolean {
    const [width, height] = [16, 12];
    Object.assign(this.probe, { width, height });
    const context = this.probe.getContext("2d", { alpha: false, willReadFrequently: true });
    if (!context) return false;
    context.drawImage(this.canvas, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data.every((value, i) => i % 4 === 3 || value <= BLACK);
  }
}
