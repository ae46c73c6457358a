// The page: login, filters and figures.
import { useEffect, useMemo, useState } from "preact/hooks";
import { address, call, loggedOut, type Problem } from "../admin/api";
import { fill, number } from "../admin/format";
import { lang, t } from "../admin/language";
import { useLoad, usePolling } from "../admin/load";
import { LanguageChoice, ThemeChoice } from "../admin/parts/choices";
import { Empty, Heading, inWords, Loaded, Notice } from "../admin/parts/ui";
import type { Figures, Me, Statistics } from "../admin/rest";
import { Checks } from "./checks";
import { Filters } from "./filters";
import { Outcomes } from "./outcomes";
import { fromAddress, type Query, toAddress, toServer } from "./query";
import { short, Times } from "./times";
import { MEASURES, type Measure } from "./measures";
import { chooseWords, w } from "./words";

const logIn = () => location.replace(address("admin/?to=statistics/"));

export function App() {
  const [me, setMe] = useState<Me>();
  const [why, setWhy] = useState("");
  const [, setTurn] = useState(0);
  const enter = () =>
    call<Me>("GET", "v1/me").then(
      (found) => (found.must_change_password ? logIn() : setMe(found)),
      (problem: Problem) => (problem.status === 401 ? logIn() : setWhy(inWords(problem))),
    );
  useEffect(() => {
    void enter();
    loggedOut.addEventListener("out", logIn);
    return () => loggedOut.removeEventListener("out", logIn);
  }, []);
  return (
    <>
      <a class="skip" href="#content">
        {t.nav.skip}
      </a>
      <header class="top">
        <a class="brand" href={address("admin/")}>
          <img src="../icon.svg" alt="" width="26" height="26" /> {t.brand} <span class="soft">{w.admin}</span>
        </a>
        <div class="choices">
          <ThemeChoice />
          <LanguageChoice onLanguage={() => void chooseWords().then(() => setTurn((n) => n + 1))} />
        </div>
      </header>
      <main id="content" tabIndex={-1} key={lang}>
        {why ? (
          <Notice kind="bad">
            <p>{why}</p>
            <button
              type="button"
              onClick={() => {
                setWhy("");
                void enter();
              }}
            >
              {t.common.again}
            </button>
          </Notice>
        ) : !me ? (
          <p class="soft loading" role="status">
            {t.common.loading}
          </p>
        ) : me.rights.includes("stats:read") ? (
          <Page />
        ) : (
          <>
            <Heading title={w.title} />
            <Empty title={w.notAllowed} />
          </>
        )}
      </main>
    </>
  );
}

function Page() {
  const [query, setQuery] = useState(() => fromAddress(location.search));
  const [hour, setHour] = useState(() => Date.now());
  const asked = useMemo(() => toServer(query, hour), [query, hour]);
  const load = useLoad<Statistics>(`v1/stats?${asked}`);
  usePolling(load.reload, 2_000, load.data?.complete === false);
  usePolling(() => {
    setHour(Date.now());
    load.reload();
  }, 60_000);
  const ask = (next: Query) => {
    setQuery(next);
    history.replaceState(null, "", toAddress(next));
  };
  return (
    <>
      <Heading title={w.title}>
        <a class="button" href={address(`v1/stats.csv?${asked}`)} download>
          {w.csv}
        </a>
      </Heading>
      <Filters query={query} onQuery={ask} />
      <Loaded from={load}>{(report) => <Figure report={report} byCode={query.code !== ""} />}</Loaded>
    </>
  );
}

function Figure({ report, byCode }: { report: Statistics; byCode: boolean }) {
  const { total } = report;
  const titles: Record<Measure, string> = {
    frame_ms: w.frameTimeLong,
    session_seconds: w.sessionTimeLong,
    frames_per_session: w.framesLong,
  };
  return (
    <div class="figures">
      {!report.complete && (
        <Notice kind="info">
          <p>{w.counting}</p>
        </Notice>
      )}
      <Tiles total={total} />
      <section class="card" aria-label={w.overTime}>
        <h2>{w.overTime}</h2>
        <Outcomes report={report} />
      </section>
      <section class="card" aria-label={w.checks}>
        <h2>{w.checks}</h2>
        <Checks total={total} byCode={byCode} />
      </section>
      {byCode ? (
        <p class="hint">{w.byCode}</p>
      ) : (
        <>
          <h2>{w.times}</h2>
          <div class="thirds">
            {MEASURES.map((measure) => (
              <Times key={measure} report={report} measure={measure} title={titles[measure]} />
            ))}
          </div>
          <p class="hint">{fill(w.exact, { percent: number(100 * report.relative_error) })}</p>
        </>
      )}
    </div>
  );
}

function Tiles({ total }: { total: Figures }) {
  const success = total.outcomes["success"] ?? 0;
  const tiles: [string, string][] = [
    [w.sessions, number(total.sessions)],
    [w.success, total.sessions > 0 ? `${number((100 * success) / total.sessions, 1)}%` : "—"],
    [w.frames, number(total.frames)],
  ];
  if (total.opened !== null) tiles.splice(1, 0, [w.opened, number(total.opened)]);
  if (total.frames_per_session) tiles.push([w.perSession, number(total.frames_per_session.p50)]);
  if (total.frame_ms) tiles.push([w.frameTime, `${short(total.frame_ms.p95)} ${w.ms}`]);
  if (total.session_seconds) tiles.push([w.sessionTime, `${short(total.session_seconds.p95)} ${t.unit.seconds}`]);
  return (
    <dl class="tiles" aria-label={w.figures}>
      {tiles.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
