// LunaPass: the class that integrators of the original client library know, on top of SelenePass.
import type { Mode } from "../camera";
import { type PassOptions, SelenePass } from "../pass";
import { STAGE, style } from "./dom";
import { asFirstGeneration, type FrameStatus } from "./frame_status";

export interface LunaPassOptions {
  /** Milliseconds from one frame to the next at least; 0 unless it says otherwise. */
  requestInterval?: number;
  video?: MediaTrackConstraints;
  image?: { mimetype?: string; quality?: number };
  mode?: Mode;
  headers?: { heartbeatInterval?: number };
  /** A session to go on with. */
  "session-id"?: string;
  /** Tells the console what happens. */
  debug?: boolean;
  /** Which shape the callback's argument has: `1.x` has `details` and `quality`. `2.x` unless it says otherwise. */
  frameStatus?: "1.x" | "2.x";
  /** What opens a session that was made beforehand. */
  token?: string;
  /** Sends no picture without a face; off unless it says otherwise. */
  frontDetector?: boolean | string | URL;
}

export class LunaPass {
  private readonly pass: SelenePass;
  private readonly stage = document.createElement("div");
  private readonly video = document.createElement("video");
  private connected = false;

  /** The camera's picture will fill `root`. */
  constructor(
    private readonly root: HTMLElement,
    private readonly options: LunaPassOptions = {},
  ) {
    const { requestInterval = 0, video, image, mode = "selfie", headers, token, frontDetector = false } = options;
    const size = Number.MAX_SAFE_INTEGER; // pictures are sent as the camera gives them
    const passOptions: PassOptions = {
      url: "",
      video: this.video,
      mode,
      camera: { width: { ideal: 640 }, height: { ideal: 480 }, ...video },
      image: { width: size, height: size, mimetype: image?.mimetype ?? "image/jpeg", quality: image?.quality ?? 0.92 },
      interval: requestInterval,
      heartbeat: headers?.heartbeatInterval ?? 1000,
      frontDetector,
    };
    if (token !== undefined) passOptions.token = token;
    if (options["session-id"]) passOptions.sessionId = options["session-id"];
    this.pass = new SelenePass(passOptions);
    this.build(mode);
    if (options.debug) {
      for (const name of ["camera", "connected", "reconnecting", "status", "passed", "failed", "warning"] as const) {
        this.pass.on(name, (detail) => console.debug("LunaPass", name, detail));
      }
    }
  }

  /** Connects to the server's WebSocket and opens the session. */
  async connectWS(url: string): Promise<void> {
    this.pass.options.url = new URL(url, location.href.replace(/^http/, "ws")).href;
    await this.pass.connect();
    this.connected = true;
  }

  /** Asks for the camera and shows its picture in the root. */
  async attachCamera(): Promise<void> {
    this.root.append(this.stage);
    try {
      await this.pass.openCamera();
    } catch (error) {
      this.stage.remove();
      throw error;
    }
  }

  /** Sends pictures until the server has decided; tells the callback of each that did not pass. Rejects when it cannot. */
  async checkLiveness(callback?: (frameStatus: FrameStatus) => void): Promise<{ isOk: boolean; jwt: string }> {
    if (!this.connected) throw new Error("checkLiveness: call connectWS first");
    if (!this.stage.isConnected) this.root.append(this.stage);
    const first = this.options.frameStatus === "1.x";
    const off = this.pass.on("status", ({ local: _local, ...stats }) => callback?.(first ? asFirstGeneration(stats) : stats));
    try {
      const { jwt, result } = await this.pass.check();
      return { isOk: result.isOk, jwt };
    } finally {
      off();
    }
  }

  /** Switches the camera off and takes its picture away. */
  async detachCamera(): Promise<void> {
    this.pass.releaseCamera();
    this.stage.remove();
  }

  /** Leaves the session. */
  async disconnectWS(): Promise<void> {
    this.pass.disconnect();
  }

  private build(mode: Mode): void {
    this.stage.id = "vllunapass-wrapper"; // integrators' style sheets go by it
    this.stage.setAttribute(STAGE, mode);
    style(this.stage, { position: "relative", overflow: "hidden" });
    style(this.video, { display: "block", width: "100%", height: "100%", "object-fit": "cover" });
    this.video.muted = true;
    this.video.playsInline = true;
    this.stage.append(this.video);
  }
}
