// Liveness and similarity of a session's frames over time, as an SVG chart and as a table.
import { CODES, GOING_ON } from "../codes";
import { number } from "../format";
import { t } from "../language";
import type { ObservedFrame } from "../observed";
import { Cell, Empty, Table } from "./ui";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [760, 220, 34, 12, 12, 44];
const LINES = ["liveness", "previous_face_similarity", "first_face_similarity"] as const;
type Line = (typeof LINES)[number];

const nameOf = (line: Line): string =>
  ({ liveness: t.session.liveness, previous_face_similarity: t.session.similarity, first_face_similarity: t.session.firstSimilarity })[
    line
  ];
const y = (score: number): number => TOP + (1 - score) * (HEIGHT - TOP - BOTTOM);

/** Returns the ticks of the time axis, in steps of 1, 2 or 5 times a power of ten; about six. */
function steps(span: number): number[] {
  const rough = span / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((n) => n * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, n) => n * step);
}

export function Chart({ frames, now, onPick }: { frames: ObservedFrame[]; now: number; onPick: (n: number) => void }) {
  const span = Math.max(0.1, frames.at(-1)?.seconds ?? 0);
  const x = (seconds: number): number => LEFT + (seconds / span) * (WIDTH - LEFT - RIGHT);
  const scoreOf = (frame: ObservedFrame, line: Line): number | undefined => frame.decision?.estimations?.[line];
  const points = (line: Line) =>
    frames.flatMap((frame) => (scoreOf(frame, line) === undefined ? [] : [[x(frame.seconds), y(scoreOf(frame, line) ?? 0)] as const]));
  const shown = LINES.filter((line) => points(line).length > 0);
  if (shown.length === 0) return <Empty title={t.session.noScores} />;
  const failed = (frame: ObservedFrame): number[] => (frame.decision?.errors ?? []).filter((code) => !GOING_ON.has(code));
  const pick = (event: MouseEvent) => {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const at = ((((event.clientX - box.left) / box.width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT)) * span;
    let best = 0;
    frames.forEach((frame, n) => {
      if (Math.abs(frame.seconds - at) < Math.abs((frames[best]?.seconds ?? 0) - at)) best = n;
    });
    onPick(best);
  };
  const current = frames[now];
  return (
    <>
      <ul class="legend">
        {shown.map((line) => (
          <li key={line} class={line}>
            {nameOf(line)}
          </li>
        ))}
      </ul>
      <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t.session.chart} onClick={pick}>
        {[0, 0.25, 0.5, 0.75, 1].map((score) => (
          <g key={score}>
            <line class="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={y(score)} y2={y(score)} />
            <text x={LEFT - 6} y={y(score) + 4} text-anchor="end">
              {score}
            </text>
          </g>
        ))}
        {steps(span).map((at) => (
          <text key={at} x={x(at)} y={HEIGHT - 6} text-anchor="middle">
            {number(at, span < 0.6 ? 2 : span < 6 ? 1 : 0)} {t.unit.seconds}
          </text>
        ))}
        {current && <line class="now" x1={x(current.seconds)} x2={x(current.seconds)} y1={TOP - 4} y2={HEIGHT - BOTTOM + 20} />}
        {shown.map((line) => (
          <g key={line} class={line}>
            <polyline
              points={points(line)
                .map((point) => point.map((n) => n.toFixed(1)).join(","))
                .join(" ")}
            />
            {frames.length <= 80 && points(line).map(([cx, cy]) => <circle key={cx} cx={cx} cy={cy} r="2.5" />)}
          </g>
        ))}
        {frames.map(
          (frame) =>
            failed(frame).length > 0 && (
              <circle key={frame.sequence} class="failed" cx={x(frame.seconds)} cy={HEIGHT - BOTTOM + 13} r="3.5">
                <title>
                  {failed(frame)
                    .map((code) => `${code} ${CODES[code] ?? ""}`)
                    .join(", ")}
                </title>
              </circle>
            ),
        )}
      </svg>
      <p class="hint">{t.session.chartHint}</p>
      <details>
        <summary>{t.session.table}</summary>
        <Table label={t.session.chart} head={[t.session.position, t.session.seconds, ...shown.map(nameOf), t.sessions.codes]}>
          {frames.map((frame, n) => (
            <tr key={frame.sequence}>
              <Cell>
                <button type="button" class="link" onClick={() => onPick(n)}>
                  {frame.sequence}
                </button>
              </Cell>
              <Cell label={t.session.seconds} class="number">
                {number(frame.seconds, 2)}
              </Cell>
              {shown.map((line) => (
                <Cell key={line} label={nameOf(line)} class="number">
                  {scoreOf(frame, line) === undefined ? "—" : number(scoreOf(frame, line) ?? 0, 3)}
                </Cell>
              ))}
              <Cell label={t.sessions.codes}>{(frame.decision?.errors ?? []).join(", ") || "—"}</Cell>
            </tr>
          ))}
        </Table>
      </details>
    </>
  );
}
