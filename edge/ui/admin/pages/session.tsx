import { useCallback, useMemo, useState } from "preact/hooks";
import { address, call } from "../api";
import { dateTime, fill, fromNanos, number, seconds } from "../format";
import { t } from "../language";
import { useLoad, usePolling, type Load } from "../load";
import { observeFrames, type ObservedFrame } from "../observed";
import { Chart } from "../parts/chart";
import { Outcome, outcomeName, outcomeWord, CodeList } from "../parts/codes";
import { ExportButton } from "../parts/export";
import { Frames } from "../parts/frames";
import { RerunButton } from "../parts/rerun";
import { Confirmed, Empty, Heading, Loaded, Notice } from "../parts/ui";
import { useCan } from "../parts/me";
import { at } from "../route";
import type { Answer, Decision, Session, StoredFrame } from "../rest";

export function SessionPage({ id, query }: { id: string; query: URLSearchParams }) {
  const can = useCan();
  const path = `v1/sessions/${id}`;
  const session = useLoad<Session>(path);
  const frames = useLoad<Answer<"/v1/sessions/{id}/frames">>(`${path}/frames`);
  const decisions = useLoad<Answer<"/v1/sessions/{id}/decisions">>(`${path}/decisions`);
  const verdicts = useLoad<Answer<"/v1/sessions/{id}/verdicts">>(`${path}/verdicts`);
  const [erased, setErased] = useState(false);
  const gone = !session.data && session.problem;
  const over = session.data?.events.some(({ kind }) => kind === "SESSION_CLOSED") ?? false;
  const unfinished = !["success", "error", "canceled"].includes(session.data?.video?.status ?? "");
  usePolling(session.reload, 2000, unfinished && session.data !== undefined && !erased);
  const grows = useCallback(() => [frames, decisions, verdicts].forEach(({ reload }) => reload()), []);
  usePolling(grows, 3000, session.data !== undefined && !over && !erased);
  const observed = useMemo(
    () => observeFrames(frames.data?.frames ?? [], decisions.data?.decisions ?? [], verdicts.data?.verdicts ?? []),
    [frames.data, decisions.data, verdicts.data],
  );
  const erase = async () => {
    await call("DELETE", path);
    setErased(true);
  };
  const title = (
    <>
      {t.session.title} <span class="mono">{id}</span>
    </>
  );
  if (erased)
    return (
      <>
        <Heading title={title} label={t.session.title} />
        <Notice kind="good">{t.session.erased}</Notice>
        <p>
          <a href={at(["sessions"])}>{t.sessions.title}</a>
        </p>
      </>
    );
  return (
    <>
      <Heading title={title} label={`${t.session.title} ${id.slice(0, 8)}`}>
        {!gone && (
          <>
            {can("exports:write") && <ExportButton ids={[id]} />}
            {over && <RerunButton id={id} />}
            <a class="button" href={address(`${path}/recording`)} download title={t.session.recordingHint}>
              {t.session.recording}
            </a>
            {can("sessions:write") && (
              <Confirmed
                label={t.session.erase}
                title={t.session.eraseTitle}
                text={t.session.eraseText}
                yes={t.session.eraseYes}
                deed={erase}
              />
            )}
          </>
        )}
      </Heading>
      <Loaded from={session}>{(session) => <Facts session={session} decisions={decisions.data?.decisions ?? []} />}</Loaded>
      {!gone && (
        <>
          <FramesAndChart
            id={id}
            frames={frames}
            observed={observed}
            best={best(decisions.data?.decisions, frames.data?.frames)}
            start={query.get("frame")}
          />
          {session.data && <Rest session={session.data} path={path} />}
        </>
      )}
    </>
  );
}

/** Returns the number of the best shot's frame. */
function best(decisions: Decision[] | undefined, frames: StoredFrame[] | undefined): number | undefined {
  const stored = decisions?.find(({ best_shot: shot }) => shot && shot !== "0")?.best_shot;
  return frames?.find((frame) => String(frame.stored) === stored)?.sequence;
}

function Facts({ session: { outcome, counts, events, last_decision: last }, decisions }: { session: Session; decisions: Decision[] }) {
  const opened = events.find(({ kind }) => kind === "SESSION_OPENED");
  const closed = events.filter(({ kind }) => kind === "SESSION_CLOSED").at(-1);
  const verified = decisions.filter(({ estimations }) => estimations?.verification).at(-1)?.estimations?.verification;
  const active = decisions.filter(({ estimations }) => estimations?.active_liveness).at(-1)?.estimations?.active_liveness;
  const facts: [string, string | undefined][] = [
    [t.sessions.opened, opened && dateTime(fromNanos(opened.at_unix_nanos))],
    [t.sessions.duration, opened && closed && seconds((fromNanos(closed.at_unix_nanos) - fromNanos(opened.at_unix_nanos)) / 1000)],
    [t.sessions.frames, number(counts.frames)],
    [t.session.attempts, number(counts.attempts)],
    [t.session.livenessAttempts, number(counts.liveness_attempts)],
    [t.session.settings, opened?.settings_revision],
    [t.session.actionsDone, active?.total ? `${active.done ?? 0} / ${active.total}` : undefined],
    [
      t.session.reference,
      verified && fill(verified.matched ? t.session.matched : t.session.notMatched, { score: number(verified.similarity ?? 0, 3) }),
    ],
  ];
  return (
    <section class="card" aria-label={t.session.facts}>
      <dl class="facts">
        <div>
          <dt>{t.sessions.outcome}</dt>
          <dd>
            <Outcome outcome={outcomeWord(outcome)} />
          </dd>
        </div>
        {facts.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
      {last?.errors?.length ? <CodeList codes={last.errors} /> : null}
    </section>
  );
}

function FramesAndChart({
  id,
  frames,
  observed,
  best,
  start,
}: {
  id: string;
  frames: Load<Answer<"/v1/sessions/{id}/frames">>;
  observed: ObservedFrame[];
  best: number | undefined;
  start: string | null;
}) {
  const [picked, setPicked] = useState<number | undefined>(undefined);
  const first = observed.findIndex(({ sequence }) => sequence === (Number(start) || best));
  const now = Math.min(picked ?? Math.max(0, first), Math.max(0, observed.length - 1));
  return (
    <>
      <section class="card">
        <h2>{t.session.framesTitle}</h2>
        <Loaded from={frames}>
          {() =>
            observed.length ? (
              <Frames id={id} frames={observed} now={now} best={best} onPick={setPicked} />
            ) : (
              <Empty title={t.session.noFrames} />
            )
          }
        </Loaded>
      </section>
      {observed.length > 0 && (
        <section class="card">
          <h2>{t.session.chart}</h2>
          <Chart frames={observed} now={now} onPick={setPicked} />
        </section>
      )}
    </>
  );
}

function Rest({ session, path }: { session: Session; path: string }) {
  const { video, events, last_decision: last } = session;
  const states = t.session.videoStates as Record<string, string>;
  return (
    <div class="pair">
      <section class="card">
        <h2>{t.session.video}</h2>
        {video?.status === "success" ? (
          <Player src={address(`${path}/video`)} codec={video.codec ?? ""} />
        ) : (
          <p class="soft" role="status">
            {fill(states[video?.status ?? ""] ?? t.session.noVideo, { reason: video?.reason ?? "" })}
          </p>
        )}
      </section>
      <section class="card">
        <h2>{t.session.history}</h2>
        <ol class="history">
          {events.map((event, n) => (
            <li key={n}>
              <time>{dateTime(fromNanos(event.at_unix_nanos))}</time> <strong>{t.session.events[event.kind] ?? event.kind}</strong>
              {event.outcome && <> · {outcomeName(outcomeWord(event.outcome))}</>} <span class="soft">{event.edge}</span>
            </li>
          ))}
        </ol>
        {session.claims && (
          <details>
            <summary>{t.session.token}</summary>
            <pre tabIndex={0} aria-label={t.session.token}>
              {JSON.stringify({ ...session.claims, bestshot: "…" }, null, 2)}
            </pre>
          </details>
        )}
        {last && (
          <details>
            <summary>{t.session.decision}</summary>
            <pre tabIndex={0} aria-label={t.session.raw}>
              {JSON.stringify(shortened(last), null, 2)}
            </pre>
          </details>
        )}
      </section>
    </div>
  );
}

/** A video player. Not every browser plays every codec, but the file can always be downloaded. */
function Player({ src, codec }: { src: string; codec: string }) {
  const [unplayable, setUnplayable] = useState(false);
  return (
    <>
      {unplayable ? (
        <Notice kind="info">{fill(t.session.unplayable, { codec })}</Notice>
      ) : (
        <video controls preload="metadata" src={src} aria-label={t.session.video} onError={() => setUnplayable(true)} />
      )}
      <p>
        <a href={src} download>
          {t.session.download}
        </a>{" "}
        <span class="soft">{codec}</span>
      </p>
    </>
  );
}

/** Returns a decision without the private state of the workers. */
function shortened(decision: Decision): unknown {
  const { state, ...rest } = decision as Decision & { state?: Record<string, unknown> };
  const { workers: _, ...open } = state ?? {};
  return state ? { ...rest, state: open } : rest;
}
