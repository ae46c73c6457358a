// The user page: camera, session and view put together.
import { check } from "../lib/check";
import { Session } from "../lib/session";
import { Camera } from "./camera";
import { explain } from "./failures";
import { choosePrompt, frameInterval, PromptPacer, type Prompt } from "./prompts";
import { element, fillTexts, showAsking, showFailure, showPrompt, showSuccess, showView } from "./view";

let running = false;
let leave: (() => void) | undefined; // ends the running check

async function run(): Promise<void> {
  if (running) return;
  running = true;
  let camera: Camera | undefined;
  let session: Session | undefined;
  try {
    showAsking(true);
    if (element("intro").hidden) showView("intro");
    camera = await Camera.open(element<HTMLVideoElement>("video"));
    showPrompt({ name: "connecting" });
    showView("live");
    session = await openSession(camera);
    leave = () => session?.close();
    showSuccess(await judge(session, camera));
  } catch (error) {
    showFailure(explain(error), session?.id ?? "");
  } finally {
    running = false;
    leave = undefined;
    session?.close();
    camera?.release();
    showAsking(false);
  }
}

/** Connects to `ws` beside this page; Cancel works meanwhile. */
function openSession(camera: Camera): Promise<Session> {
  const url = new URL("ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = url.hash = "";
  const controller = new AbortController();
  leave = () => controller.abort();
  // A session made for this person: its id and token stand behind the #, which no server gets to log.
  const given = new URLSearchParams(location.hash.slice(1));
  const sessionId = given.get("session") ?? undefined;
  const token = given.get("token") ?? undefined;
  return Session.open({ url: url.href, signal: controller.signal, sessionId, token, ...camera.about() });
}

function judge(session: Session, camera: Camera) {
  const pacer = new PromptPacer();
  let prompt: Prompt = { name: "ready" };
  let sent = 0;
  showPrompt(prompt);
  return check(session, {
    nextFrame: async () => {
      await Promise.race([wait(sent + frameInterval(prompt) - performance.now()), camera.stopped]);
      sent = performance.now();
      return camera.picture();
    },
    onStats: (stats) => {
      prompt = pacer.next(choosePrompt(stats.errors), performance.now());
      showPrompt(prompt);
    },
  });
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

fillTexts();
element("start").addEventListener("click", () => void run());
element("cancel").addEventListener("click", () => leave?.());
addEventListener("keydown", (event) => {
  if (event.key === "Escape") leave?.();
});
// A page that is left, even one kept by the browser for "back", must not hold the camera.
addEventListener("pagehide", () => leave?.());
for (const button of document.querySelectorAll(".again")) button.addEventListener("click", () => void run());
