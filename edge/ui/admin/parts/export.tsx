// Orders an export of sessions and shows its progress.
import { useEffect, useState } from "preact/hooks";
import { address, call } from "../api";
import { bytes, fill } from "../format";
import { t } from "../language";
import type { Export } from "../rest";
import { Check, Dialog, errorsByPath, Form, Notice, Select, Text } from "./ui";

const SIZES = [
  "176x144",
  "320x240",
  "352x288",
  "640x360",
  "640x480",
  "704x576",
  "720x480",
  "720x576",
  "800x600",
  "960x540",
  "1024x768",
  "1280x720",
  "1280x960",
  "1280x1024",
  "1600x1200",
  "1920x1080",
  "2048x1536",
  "2560x1440",
  "2560x1920",
];

/** A button that opens the export form. */
export function ExportButton({ ids }: { ids: string[] }) {
  const [open, setOpen] = useState(false);
  const [made, setMade] = useState<Export | undefined>(undefined);
  const close = () => {
    setOpen(false);
    setMade(undefined);
  };
  return (
    <>
      <button type="button" disabled={ids.length === 0} onClick={() => setOpen(true)}>
        {t.exports.make}
      </button>
      {open && (
        <Dialog title={ids.length === 1 ? t.exports.makeTitle : fill(t.exports.makeMany, { n: ids.length })} onClose={close} wide>
          {made ? (
            <>
              <Progress of={made} />
              <div class="buttons">
                <button type="button" class="primary" onClick={close}>
                  {t.common.close}
                </button>
              </div>
            </>
          ) : (
            <Order ids={ids} onMade={setMade} onCancel={close} />
          )}
        </Dialog>
      )}
    </>
  );
}

const START = {
  codec: "H264",
  resolution: "original",
  bitrate: "",
  frame_rate: "",
  rotate: "0",
  flip: "",
  from: "",
  to: "",
  duration: "",
  name: "",
  webhook: "",
  zone: "UTC",
  corner: "1",
};
const CHECKS = { fragmented: false, time: false, session: false, face_box: false, landmarks: false, codes: false, scores: false };

function Order({ ids, onMade, onCancel }: { ids: string[]; onMade: (made: Export) => void; onCancel: () => void }) {
  const [given, setGiven] = useState(START);
  const [checks, setChecks] = useState(CHECKS);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const set = (name: keyof typeof START) => (value: string) => setGiven({ ...given, [name]: value });
  const check = (name: keyof typeof CHECKS) => (value: boolean) => setChecks({ ...checks, [name]: value });
  const submit = async () => {
    setErrors({});
    try {
      onMade(await call<Export>("POST", "v1/exports", { body: order(ids, given, checks) }));
    } catch (error) {
      setErrors(errorsByPath(error));
      throw error;
    }
  };
  const x = t.exports;
  const corners = x.corners.map((name, n) => [String(n + 1), name] as const);
  return (
    <Form submit={x.start} onSubmit={submit} onCancel={onCancel}>
      <div class="columns">
        <Select
          label={x.codec}
          value={given.codec}
          onValue={set("codec")}
          options={["H264", "H265", "VP9"].map((one) => [one, one] as const)}
        />
        <Select
          label={x.resolution}
          value={given.resolution}
          onValue={set("resolution")}
          options={[["original", x.original], ...SIZES.map((size) => [size, size.replace("x", " × ")] as const)]}
        />
      </div>
      <fieldset>
        <legend>{x.drawn}</legend>
        <div class="checks">
          <Check label={x.time} checked={checks.time} onChecked={check("time")} />
          <Check label={x.sessionId} checked={checks.session} onChecked={check("session")} />
          <Check label={x.box} checked={checks.face_box} onChecked={check("face_box")} />
          <Check label={x.landmarks} checked={checks.landmarks} onChecked={check("landmarks")} />
          <Check label={x.codes} checked={checks.codes} onChecked={check("codes")} />
          <Check label={x.scores} checked={checks.scores} onChecked={check("scores")} />
        </div>
        <div class="columns">
          <Select label={x.corner} value={given.corner} onValue={set("corner")} options={corners} />
          {checks.time && <Text label={x.zone} value={given.zone} onValue={set("zone")} error={errors["watermark.time.zone"]} />}
        </div>
      </fieldset>
      <details>
        <summary>{x.more}</summary>
        <div class="columns">
          <Text
            label={x.bitrate}
            hint={x.bitrateHint}
            value={given.bitrate}
            onValue={set("bitrate")}
            inputMode="numeric"
            error={errors["bitrate"]}
          />
          <Text
            label={x.frameRate}
            hint={x.frameRateHint}
            value={given.frame_rate}
            onValue={set("frame_rate")}
            inputMode="numeric"
            error={errors["frame_rate"]}
          />
          <Select
            label={x.rotate}
            value={given.rotate}
            onValue={set("rotate")}
            options={["0", "90", "180", "270"].map((one) => [one, `${one}°`] as const)}
          />
          <Select label={x.flip} value={given.flip} onValue={set("flip")} options={Object.entries(x.flips)} />
          <Text label={x.from} type="datetime-local" value={given.from} onValue={set("from")} error={errors["from"]} />
          <Text label={x.to} type="datetime-local" value={given.to} onValue={set("to")} error={errors["to"]} />
          <Text
            label={x.duration}
            hint={x.durationHint}
            value={given.duration}
            onValue={set("duration")}
            inputMode="decimal"
            error={errors["duration"]}
          />
          <Text label={x.name} hint={x.nameHint} value={given.name} onValue={set("name")} error={errors["name"]} />
        </div>
        <Text label={x.webhook} type="url" value={given.webhook} onValue={set("webhook")} error={errors["webhook"]} />
        <Check label={x.fragmented} checked={checks.fragmented} onChecked={check("fragmented")} />
      </details>
    </Form>
  );
}

/** Returns the typed number; anything else unchanged, for the server to refuse. */
const numeric = (text: string): number | string => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);

function order(ids: string[], given: typeof START, checks: typeof CHECKS): unknown {
  const corner = Number(given.corner);
  const { face_box, landmarks, codes, scores } = checks;
  const time = (text: string) => (text ? new Date(text).toISOString() : undefined);
  return {
    sessions: ids,
    codec: given.codec,
    resolution: given.resolution,
    rotate: Number(given.rotate),
    flip: given.flip,
    fragmented: checks.fragmented,
    from: time(given.from),
    to: time(given.to),
    ...(given.duration && { duration: numeric(given.duration) }),
    ...(given.bitrate && { bitrate: numeric(given.bitrate) }),
    ...(given.frame_rate && { frame_rate: numeric(given.frame_rate) }),
    ...(given.name && { name: given.name }),
    ...(given.webhook && { webhook: given.webhook }),
    watermark: {
      ...(checks.time && { time: { corner, zone: given.zone } }),
      ...(checks.session && { session: { corner } }),
      ...((face_box || landmarks || codes || scores) && { figures: { corner, face_box, landmarks, codes, scores } }),
    },
  };
}

const hasEnded = ({ status }: Export): boolean => status === "success" || status === "error" || status === "canceled";

/** The state of an export, updated until it has ended. */
export function Progress({ of }: { of: Export }) {
  const [now, setNow] = useState(of);
  useEffect(() => {
    setNow(of);
    if (hasEnded(of)) return;
    const events = new EventSource(address(`v1/exports/${of.id}/events`));
    events.addEventListener("status", (event) => {
      const next = JSON.parse(String((event as MessageEvent).data)) as Export;
      setNow(next);
      if (hasEnded(next)) events.close();
    });
    return () => events.close();
  }, [of]);
  const cancel = () => call<Export>("DELETE", `v1/exports/${now.id}`).then(setNow, () => {});
  if (now.status === "error")
    return (
      <Notice kind="bad">
        {t.exports.states.error}: {now.reason}
      </Notice>
    );
  if (now.status === "success")
    return (
      <ul class="files">
        {now.files?.map((file, n) => (
          <li key={n}>
            <a href={address(`v1/exports/${now.id}/files/${n + 1}`)} download>
              {file.name}
            </a>{" "}
            <span class="soft">
              {bytes(file.bytes)} · {file.width} × {file.height} · {file.codec}
            </span>
          </li>
        ))}
      </ul>
    );
  return (
    <div class="progress">
      <span class="badge neutral" role="status">
        {t.exports.states[now.status]}
      </span>
      {!hasEnded(now) && (
        <>
          <progress max="100" value={now.percent} aria-label={t.exports.progress} /> <span class="number">{now.percent} %</span>{" "}
          <button type="button" onClick={cancel}>
            {t.exports.cancel}
          </button>
        </>
      )}
    </div>
  );
}
