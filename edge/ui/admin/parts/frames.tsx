// A session's frames: the selected one with its face box, the timeline, and its codes, measurements and verdicts.
import { useEffect, useState } from "preact/hooks";
import { address } from "../api";
import { fill, number } from "../format";
import { t } from "../language";
import { measures, type ObservedFrame } from "../observed";
import { outcomeName, outcomeWord, CodeList } from "./codes";
import { Cell, Check, Notice, Table } from "./ui";

const THUMBS = 12; // in the film strip
const PLAYED = 200; // ms per frame during playback
const SETTLED = 60; // ms before the selected frame's picture is fetched: the server limits the request rate

const image = (id: string, sequence: number): string => address(`v1/sessions/${id}/frames/${sequence}`);

export function Frames({
  id,
  frames,
  now,
  best,
  onPick,
}: {
  id: string;
  frames: ObservedFrame[];
  now: number;
  best: number | undefined;
  onPick: (n: number) => void;
}) {
  const [playing, setPlaying] = useState(false);
  const [boxed, setBoxed] = useState(true);
  const last = frames.length - 1;
  useEffect(() => {
    if (!playing) return;
    if (now >= last) return setPlaying(false);
    const timer = setTimeout(() => onPick(now + 1), PLAYED);
    return () => clearTimeout(timer);
  }, [playing, now, last]);
  const [settled, setSettled] = useState(now);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(now), SETTLED);
    return () => clearTimeout(timer);
  }, [now]);
  const frame = frames[now];
  if (!frame) return null;
  const place = fill(t.session.frame, { n: frame.sequence, all: frames.at(-1)?.sequence ?? 0 });
  const strip = [
    ...new Set(
      Array.from({ length: Math.min(THUMBS, frames.length) }, (_, n) =>
        Math.round((n * last) / Math.max(1, Math.min(THUMBS, frames.length) - 1)),
      ),
    ),
  ];
  return (
    <div class="frames">
      <div class="viewer">
        <Picture id={id} frame={frames[settled] ?? frame} boxed={boxed} />
        <div class="film">
          {strip.map(
            (n) =>
              frames[n] && (
                <button type="button" key={n} tabIndex={-1} aria-hidden="true" class={n === now ? "on" : ""} onClick={() => onPick(n)}>
                  <img src={image(id, frames[n].sequence)} alt="" loading="lazy" width="48" height="48" />
                </button>
              ),
          )}
        </div>
        <label class="unseen" for="position">
          {t.session.position}
        </label>
        <input
          id="position"
          type="range"
          min="0"
          max={last}
          value={now}
          aria-valuetext={`${place}, ${fill(t.session.at, { at: number(frame.seconds, 1) })}`}
          onInput={(event) => onPick(Number(event.currentTarget.value))}
        />
        <div class="transport">
          <button type="button" aria-label={t.session.previous} disabled={now === 0} onClick={() => onPick(now - 1)}>
            ‹
          </button>
          <button
            type="button"
            onClick={() => {
              if (now >= last) onPick(0);
              setPlaying(!playing);
            }}
          >
            {playing ? t.session.pause : t.session.play}
          </button>
          <button type="button" aria-label={t.session.next} disabled={now >= last} onClick={() => onPick(now + 1)}>
            ›
          </button>
          <span>
            {place}
            {best === frame.sequence && <span class="badge good">{t.session.best}</span>}
            <br />
            <span class="soft">{fill(t.session.at, { at: number(frame.seconds, 2) })}</span>
          </span>
          <Check label={t.session.box} checked={boxed} onChecked={setBoxed} />
        </div>
        <Workers frame={frame} />
      </div>
      <Result frame={frame} />
    </div>
  );
}

function Picture({ id, frame, boxed }: { id: string; frame: ObservedFrame; boxed: boolean }) {
  const position = frame.decision?.estimations?.frame_position;
  const { face, frame: size } = position ?? {};
  const marks = frame.verdicts.find(({ detection }) => detection?.landmarks)?.detection?.landmarks ?? [];
  const radius = (size?.width ?? 640) / 160;
  return (
    <div class="picture">
      <img src={image(id, frame.sequence)} alt={fill(t.session.picture, { n: frame.sequence })} />
      {boxed && size && (
        <svg viewBox={`0 0 ${size.width ?? 1} ${size.height ?? 1}`} aria-hidden="true">
          {face && <rect id="face-box" x={face.x ?? 0} y={face.y ?? 0} width={face.width ?? 0} height={face.height ?? 0} rx={radius * 2} />}
          {marks.map((value, n) => n % 2 === 0 && <circle key={n} cx={value} cy={marks[n + 1]} r={radius} />)}
        </svg>
      )}
    </div>
  );
}

/** The decision on a frame, and its measurements. */
function Result({ frame: { decision } }: { frame: ObservedFrame }) {
  const scores = measures(decision);
  return (
    <div class="decision">
      <h3>{t.session.result}</h3>
      {!decision && <p class="soft">{t.session.undecided}</p>}
      {decision?.failure && (
        <Notice kind="bad">{fill(t.session.failure, { detail: `${decision.failure.code ?? ""} ${decision.failure.detail ?? ""}` })}</Notice>
      )}
      {decision &&
        (decision.errors?.length ? <CodeList codes={decision.errors} /> : !decision.failure && <p class="fine">{t.session.passed}</p>)}
      {scores.length > 0 && (
        <>
          <h3>{t.session.measured}</h3>
          <dl class="measures">
            {scores.map(({ name, score, text }) => (
              <div key={name}>
                <dt>{t.session.measures[name] ?? name}</dt>
                <dd>
                  {score === undefined ? (
                    text
                  ) : (
                    <>
                      <meter min="0" max="1" value={score} aria-label={t.session.measures[name] ?? name} /> {number(score, 3)}
                    </>
                  )}
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </div>
  );
}

/** The verdicts on a frame. */
function Workers({ frame: { verdicts } }: { frame: ObservedFrame }) {
  if (verdicts.length === 0) return null;
  return (
    <details open>
      <summary>{t.session.workers}</summary>
      <Table label={t.session.workers} head={[t.session.worker, t.session.said, t.session.pack]}>
        {verdicts.map((verdict) => (
          <tr key={verdict.worker}>
            <Cell>{verdict.worker}</Cell>
            <Cell label={t.session.said}>
              {[
                ...(verdict.errors ?? []),
                verdict.pending && t.session.pending,
                verdict.ends && fill(t.session.ends, { outcome: outcomeName(outcomeWord(verdict.ends)) }),
                verdict.failure?.detail,
              ]
                .filter(Boolean)
                .join(", ") || "—"}
            </Cell>
            <Cell label={t.session.pack}>{verdict.pack ? <code title={verdict.pack}>{verdict.pack.slice(0, 12)}</code> : "—"}</Cell>
          </tr>
        ))}
      </Table>
    </details>
  );
}
