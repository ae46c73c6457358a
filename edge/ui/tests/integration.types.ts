// An integration against the built declarations. It is only type-checked.
import {
  LPMessageRenderer,
  LunaPass,
  PassError,
  SelenePass,
  type FrameStatus,
  type Passed,
  type PassOptions,
  type Status,
} from "../dist/lib/selene.js";

export async function modern(video: HTMLVideoElement, signal: AbortSignal): Promise<Passed | undefined> {
  const options: PassOptions = {
    url: "wss://selene.example/ws",
    video,
    mode: "operator",
    reconnect: { tries: 3 },
    timeouts: { reply: 5000 },
  };
  const pass = new SelenePass(options);
  const off = pass.on("status", ({ errors, local }: Status) => console.log(errors.length, local), { signal });
  pass.on("reconnecting", ({ attempt }) => console.log(attempt));
  try {
    return await pass.run({ signal });
  } catch (error) {
    if (error instanceof PassError && error.failure === "cameraRefused") return undefined;
    // @ts-expect-error: there is no such failure
    if (error instanceof PassError && error.failure === "nonsense") return undefined;
    throw error;
  } finally {
    off();
  }
}

export async function original(root: HTMLElement): Promise<string> {
  const pass = new LunaPass(root, {
    requestInterval: 0,
    image: { mimetype: "image/jpeg", quality: 0.9 },
    mode: "selfie",
    headers: { heartbeatInterval: 1000 },
    "session-id": "",
    debug: true,
  });
  const renderer = new LPMessageRenderer({ text: true, graphics: true, errorMessages: { 12: "Nearer" } });
  await pass.connectWS("wss://selene.example/ws");
  await pass.attachCamera();
  renderer.init(root);
  const { jwt } = await pass.checkLiveness((status: FrameStatus) => renderer.render(status));
  renderer.destroy();
  await pass.detachCamera();
  await pass.disconnectWS();
  return jwt;
}
