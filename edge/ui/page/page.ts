// The user page: connects the library, the views and the controls.
import type { PictureState } from "../lib/camera";
import type { UIConfig } from "../lib/config";
import { asPassError, PassError } from "../lib/errors";
import { choosePrompt, PromptPacer, type Prompt } from "../lib/prompts";
import { SelenePass } from "../lib/selene";
import { StepTracker } from "../lib/steps";
import { checked, loadConfig } from "./config";
import { Controls } from "./controls";
import { Host, targetOrigin } from "./host";
import { chooseLanguage } from "./language";
import { flood, Light } from "./light";
import { Reasons } from "./reasons";
import { testCamera } from "./self_test";
import { applyStyles } from "./theme";
import { element, fillTexts, showAsking, showFailure, showProgress, showPrompt, showSuccess, showView } from "./view";

const REDIRECT_AFTER = 3000; // ms: long enough to see the result

const query = new URLSearchParams(location.search);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
// A session created for this user: its ID and token are behind the #, which never reaches a server log.
const given = new URLSearchParams(location.hash.slice(1));

async function main(): Promise<void> {
  const [config] = await Promise.all([loadConfig(query.get("cn")), chooseLanguage([query.get("lang"), ...navigator.languages])]);
  const page = new Page(config);
  page.apply(config);
  element("main").hidden = false;
  if (query.has("test")) page.test();
  element<HTMLDetailsElement>("measured").open = !query.has("cn"); // a demo shows the measurements; visitors of a service need not see them
  // The admin page previews configs with this page in a frame of the same origin.
  addEventListener("message", ({ origin, source, data }) => {
    if (source === parent && origin === location.origin && data?.type === "selene-config") page.apply(checked(data.config));
  });
}

class Page {
  private readonly host: Host;
  private readonly pass: SelenePass;
  private readonly controls: Controls;
  private pacer = new PromptPacer();
  private prompt: Prompt = { name: "ready" };
  private steps = new StepTracker();
  private reasons = new Reasons();
  private light = new Light();
  private refused: PassError | undefined; // why the page itself ended the check
  private cameraReady = false; // the user has adjusted the camera before
  private opening = false;
  private picture: PictureState = "flows";
  private testing = new AbortController();

  constructor(private config: UIConfig) {
    this.host = new Host(targetOrigin(query.get("origin"), config.parent_origins, location.origin));
    this.pass = this.makePass();
    this.controls = new Controls(config.mode ?? "selfie", this.pass, () => void this.attempt(() => this.openCamera()));
    this.listen();
    this.host.notify({ type: "ready" });
  }

  apply(config: UIConfig): void {
    this.config = config;
    applyStyles(config.styles);
    fillTexts(config);
  }

  /** Tests the camera, and says what is wrong with it. */
  test(): void {
    this.testing.abort();
    this.testing = new AbortController();
    void testCamera(socketAddress(), this.controls.mode, this.testing.signal);
  }

  private makePass(): SelenePass {
    const { request_interval: interval, front_detector: frontDetector = true, image, video } = this.config;
    const options: SelenePass["options"] = {
      url: socketAddress(),
      frontDetector,
      video: element<HTMLVideoElement>("video"),
      ...(image ? { image } : {}),
      ...(interval === undefined ? {} : { interval }),
    };
    if (video)
      options.camera = { ...(video.width && { width: { ideal: video.width } }), ...(video.height && { height: { ideal: video.height } }) };
    const [sessionId, token] = [given.get("session"), given.get("token")];
    if (sessionId) options.sessionId = sessionId;
    if (token) options.token = token;
    return new SelenePass(options);
  }

  private listen(): void {
    const { pass } = this;
    pass.on("connected", ({ sessionId, resumed }) => {
      if (resumed) return this.show(this.prompt);
      this.forget();
      this.host.notify({ type: "started", sessionId });
      this.show({ name: "ready" });
    });
    pass.on("picture", ({ state }) => {
      if (this.opening) return showAsking(state === "tap" ? "tap" : "asking");
      this.picture = state;
      this.show(this.prompt);
    });
    pass.on("reconnecting", () => this.show({ name: "reconnecting" }, false));
    pass.on("status", (status) => {
      if (status.display && calm.matches) return this.refuse(new PassError("colours"));
      flood(this.light.next(status, performance.now()));
      const chosen = choosePrompt(status.errors, this.config.error_messages);
      const prompt: Prompt = status.display && chosen.name === "hold" ? { name: "colours" } : chosen;
      const progress = this.steps.next(status);
      this.reasons.note(prompt, progress.failure);
      this.show(this.pacer.next(prompt, performance.now()));
      showProgress(progress);
    });
    pass.on("warning", ({ message, cause }) => console.warn(`Selene: ${message}:`, cause));
    element("start").addEventListener("click", () => void this.attempt(() => this.begin()));
    element("begin").addEventListener("click", () => void this.attempt(() => this.check()));
    for (const button of document.querySelectorAll(".again")) button.addEventListener("click", () => void this.attempt(() => this.begin()));
    element("failure-test").addEventListener("click", () => this.test());
    for (const button of document.querySelectorAll(".cancel")) button.addEventListener("click", () => this.leave());
    addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.leave();
    });
  }

  /** Runs the action of a button and shows the failure if it fails. */
  private async attempt(act: () => Promise<void>): Promise<void> {
    if (this.opening) return; // a tap may start the camera that is opening
    try {
      await act();
    } catch (error) {
      const failure = this.refused ?? asPassError(error);
      if (["cameraAbsent", "cameraUnsuitable"].includes(failure.failure)) this.controls.forgetCamera();
      showFailure(failure, this.reasons, this.controls.mode, this.config);
      this.host.notify({ type: "failure", sessionId: failure.sessionId, failure: failure.failure, detail: failure.detail });
    } finally {
      this.refused = undefined;
      flood("");
      this.opening = false;
      showAsking(undefined);
      element("setup").inert = false;
    }
  }

  /** Opens the camera; after the first time it starts the check immediately. */
  private async begin(): Promise<void> {
    if (this.pass.running) return;
    await this.openCamera();
    if (this.cameraReady) return this.check();
  }

  private async openCamera(): Promise<void> {
    this.testing.abort();
    this.opening = true;
    showAsking("asking");
    element("setup").inert = true; // until the camera is open
    if (!["intro", "setup"].includes(element("main").dataset.view ?? "")) showView("intro");
    const { mode } = this.controls;
    await this.pass.openCamera({ mode, constraints: { ...this.pass.options.camera, ...this.controls.constraints } });
    this.opening = false;
    this.picture = "flows";
    this.show({ name: "ready" });
    showView("setup");
    await this.controls.refresh();
  }

  private async check(): Promise<void> {
    if (this.pass.running) return;
    this.cameraReady = true;
    this.forget();
    this.show({ name: "connecting" });
    showView("live");
    const passed = await this.pass.check();
    showSuccess(passed, this.config);
    this.host.notify({ type: "success", sessionId: passed.result.jti, jwt: passed.jwt });
    const link = element<HTMLAnchorElement>("continue");
    if (this.config.redirect_url) setTimeout(() => location.assign(link.href), REDIRECT_AFTER);
  }

  /** Forgets what an earlier session said. */
  private forget(): void {
    this.pacer = new PromptPacer();
    this.steps = new StepTracker();
    this.reasons = new Reasons();
    this.light = new Light();
    showProgress({ steps: [] });
  }

  private show(prompt: Prompt, keep = true): void {
    if (keep) this.prompt = prompt;
    // Without pictures there is nothing else to correct.
    const shown: Prompt = keep && this.picture !== "flows" ? { name: this.picture } : prompt;
    showPrompt(shown, this.controls.mode, this.config.error_messages);
  }

  /** Ends the check for a reason of the page's own. */
  private refuse(reason: PassError): void {
    reason.sessionId = this.pass.sessionId;
    this.refused = reason;
    this.pass.close();
  }

  private leave(): void {
    if (this.pass.running)
      this.pass.close(); // the check then reports the cancellation
    else if (element("main").dataset.view === "setup") {
      this.pass.close();
      showView("intro");
    }
  }
}

/** The server's socket, beside this page. */
function socketAddress(): URL {
  const url = new URL("ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = url.hash = "";
  return url;
}

void main();
