// LunaPass: the interface of the original client library, implemented with SelenePass.
import type { Mode } from "../camera";
import { type PassOptions, SelenePass } from "../pass";
import { STAGE, style } from "./dom";
import { asFirstGeneration, type FrameStatus } from "./frame_status";

export interface LunaPassOptions {
  /** The minimum interval between frames in milliseconds; 0 by default. */
  requestInterval?: number;
  video?: MediaTrackConstraints;
  image?: { mimetype?: string; quality?: number };
  mode?: Mode;
  headers?: { heartbeatInterval?: number };
  /** The ID and the secret of a session to resume. */
  "session-id"?: string;
  resumeSecret?: string;
  /** Logs events to the console. */
  debug?: boolean;
  /** The format of the callback's argument: `1.x` has `details` and `quality`. `2.x` by default. */
  frameStatus?: "1.x" | "2.x";
  /** The token of a session created in advance. */
  token?: string;
  /** Whether to send only pictures with a face; off by default. */
  frontDetector?: boolean | string | URL;
}

export class LunaPass {
  private readonly pass: SelenePass;
  private readonly stage = document.createElement("div");
  private readonly video = document.createElement("video");
  private connected = false;

  /** The camera picture will fill `root`. */
  constructor(
    private readonly root: HTMLElement,
    private readonly options: LunaPassOptions = {},
  ) {
    const { requestInterval = 0, video, image, mode = "selfie", headers, token, frontDetector = false } = options;
    const size = Number.MAX_SAFE_INTEGER; // pictures are sent in the camera's size
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
    if (options.resumeSecret) passOptions.resumeSecret = options.resumeSecret;
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

  /** Opens the camera and shows its picture in the root. */
  async attachCamera(): Promise<void> {
    this.root.append(this.stage);
    try {
      await this.pass.openCamera();
    } catch (error) {
      this.stage.remove();
      throw error;
    }
  }

  /** Sends pictures until the server has decided; calls back for each that did not pass. Rejects with a PassError. */
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

  /** Switches the camera off and removes its picture. */
  async detachCamera(): Promise<void> {
    this.pass.releaseCamera();
    this.stage.remove();
  }

  /** Leaves the session. */
  async disconnectWS(): Promise<void> {
    this.pass.disconnect();
  }

  private build(mode: Mode): void {
    this.stage.id = "vllunapass-wrapper"; // style sheets of integrators refer to it
    this.stage.setAttribute(STAGE, mode);
    style(this.stage, { position: "relative", overflow: "hidden" });
    style(this.video, { display: "block", width: "100%", height: "100%", "object-fit": "cover" });
    this.video.muted = true;
    this.video.playsInline = true;
    this.stage.append(this.video);
  }
}
