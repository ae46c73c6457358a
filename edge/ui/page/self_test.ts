// The camera test: says what works on this device and what does not, without a session. `?test` opens it.
import { Camera, cameras, type Mode } from "../lib/camera";
import { cameraFacts, missingCamera } from "../lib/camera_errors";
import { asPassError, PassError } from "../lib/errors";
import { within } from "../lib/wait";
import { texts } from "./language";
import { create, element, showView } from "./view";

type Row = keyof typeof texts.test.rows;
type Tell = (row: Row, value: string, good?: boolean) => void;

const LONG = 2000; // ms for which pictures are counted
const SERVER = 10_000; // ms

/** Runs the test and shows it line by line. The signal ends it. */
export async function testCamera(server: URL, mode: Mode, signal: AbortSignal): Promise<void> {
  const list = element("test-rows");
  list.replaceChildren();
  const tell: Tell = (row, value, good) => {
    const mark = create("dd", value);
    if (good !== undefined) mark.dataset.good = String(good);
    list.append(create("dt", texts.test.rows[row]), mark);
  };
  say(texts.test.running);
  element("test-video").hidden = false;
  showView("test");
  const failure = await inspect(tell, mode, signal).then(
    () => undefined,
    (error) => asPassError(error),
  );
  if (signal.aborted) return;
  element("test-video").hidden = true;
  const reached = await reach(server);
  if (signal.aborted) return;
  tell("server", reached ? texts.test.reached : texts.test.unreached, reached);
  const end = failure ?? (reached ? undefined : new PassError("unreachable"));
  if (!end) return say(texts.test.fine);
  const { title, text } = texts.failures[end.failure];
  say(title, text, `${texts.failure.reference}: ${[end.failure, end.detail].filter(Boolean).join(" · ")}`);
}

async function inspect(tell: Tell, mode: Mode, signal: AbortSignal): Promise<void> {
  const { yes, no } = texts.values;
  const word = (value: boolean | undefined) => (value === undefined ? texts.test.unknown : value ? yes : no);
  const missing = missingCamera();
  tell("secure", word(isSecureContext), isSecureContext);
  tell("api", word(!missing), !missing);
  const { policy, permission } = await cameraFacts();
  tell("policy", word(policy), policy);
  tell(
    "permission",
    permission ? (texts.test.states[permission] ?? permission) : texts.test.unknown,
    permission && permission !== "denied",
  );
  if (missing) throw missing;
  const camera = await Camera.open({
    video: element<HTMLVideoElement>("test-video"),
    mode,
    permissionTimeout: 120_000,
    pictureTimeout: 10_000,
    stillTimeout: 5000,
    onPicture: (state) => say(state === "flows" ? texts.test.running : texts.prompts[state]),
    signal,
  });
  try {
    const { videoWidth, videoHeight } = camera.video;
    tell("opened", `${camera.about().device ?? ""} ${videoWidth} × ${videoHeight}`.trim(), true);
    const found = (await cameras()).length;
    tell("cameras", String(found), found > 0);
    let pictures = 0;
    for (const end = performance.now() + LONG; performance.now() < end; pictures++)
      await Promise.race([camera.picture({}, signal), camera.stopped]);
    tell("pictures", String(pictures), pictures > 1);
  } finally {
    camera.release();
  }
}

function say(...words: string[]): void {
  const [title = "", text = "", reference = ""] = words;
  element("test-title").textContent = title;
  element("test-text").textContent = text;
  element("test-reference").textContent = reference;
}

/** Reports whether a socket to the server opens; it leaves before it opens a session. */
async function reach(server: URL): Promise<boolean> {
  const socket = new WebSocket(server);
  const opened = new Promise<boolean>((resolve) => {
    socket.onopen = () => resolve(true);
    socket.onclose = () => resolve(false);
  });
  return within(opened, SERVER, () => new PassError("unreachable"))
    .catch(() => false)
    .finally(() => socket.close());
}
