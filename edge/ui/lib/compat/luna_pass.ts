// LunaPass: the interface of the original client library, implemented with SelenePass.
import { prompts } from "../../texts/en";
import type { Mode, PictureState } from "../camera";
import { type PassOptions, SelenePass, type Ticket } from "../pass";
import { STAGE, style } from "./dom";
import { asFirstGeneration, type FrameStatus } from "./frame_status";

export interface LunaPassOptions {
  /** Milliseconds between frames; 100 by default. Frames that show something to correct are at least 300 apart. */
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
  /** Returns another ticket when the session of `token` ended before it could judge the person. */
  renew?: () => Promise<Ticket>;
  /** Called when the camera's picture stands still, is black, needs a tap or flows again, in place of the words that appear over it. */
  onPicture?: (state: PictureState) => void;
  /** Whether to send only pictures with a face; off by default. */
  frontDetector?: boolean | string | URL;
}

export class LunaPass {
  private readonly pass: SelenePass;
  private readonly stage = document.createElement("div");
  private readonly video = document.createElement("video");
  private readonly words = document.createElement("p");
  private connected = false;

  /** The camera picture will fill `root`. */
  constructor(
    private readonly root: HTMLElement,
    private readonly options: LunaPassOptions = {},
  ) {
    const { requestInterval, video, image, mode = "selfie", headers, token, renew, frontDetector = false } = options;
    const size = Number.MAX_SAFE_INTEGER; // pictures are sent in the camera's size
    const passOptions: PassOptions = {
      url: "",
      video: this.video,
      mode,
      camera: { width: { ideal: 640 }, height: { ideal: 480 }, ...video },
      image: { width: size, height: size, mimetype: image?.mimetype ?? "image/jpeg", quality: image?.quality ?? 0.92 },
      heartbeat: headers?.heartbeatInterval ?? 1000,
      frontDetector,
    };
    if (requestInterval !== undefined) passOptions.interval = requestInterval;
    if (token !== undefined) passOptions.token = token;
    if (renew) passOptions.renew = renew;
    if (options["session-id"]) passOptions.sessionId = options["session-id"];
    if (options.resumeSecret) passOptions.resumeSecret = options.resumeSecret;
    this.pass = new SelenePass(passOptions);
    this.build(mode);
    this.pass.on("picture", ({ state }) => (options.onPicture ? options.onPicture(state) : this.say(state)));
    if (options.debug) {
      for (const name of ["camera", "picture", "connected", "reconnecting", "status", "passed", "failed", "warning"] as const) {
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
    this.say("flows");
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
    this.words.setAttribute("role", "status");
    style(this.words, {
      position: "absolute",
      inset: "auto 0 50%",
      margin: "0",
      padding: "1em",
      color: "#fff",
      background: "rgb(0 0 0 / 65%)",
      font: "600 1.125rem/1.35 system-ui, sans-serif",
      "text-align": "center",
    });
    this.stage.append(this.video);
  }

  private say(state: PictureState): void {
    if (state === "flows") return this.words.remove();
    this.words.textContent = prompts[state];
    this.stage.append(this.words);
  }
}
