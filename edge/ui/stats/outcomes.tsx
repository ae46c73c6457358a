// Sessions by outcome over time, as stacked bars and as a table.
import { number } from "../admin/format";
import { t } from "../admin/language";
import { outcomeName } from "../admin/parts/codes";
import { Cell, Empty, Table } from "../admin/parts/ui";
import { Axes, BOTTOM, LEFT, RIGHT, ticks, timeOf, TOP, useWidth } from "./axis";
import { OUTCOMES } from "./measures";
import type { Statistics } from "../admin/rest";
import { w } from "./words";

const HEIGHT = 240;

export function Outcomes({ report }: { report: Statistics }) {
  const { ref, width } = useWidth();
  const { series, step, total } = report;
  const shown = OUTCOMES.filter((outcome) => total.outcomes[outcome]);
  const values = ticks(Math.max(...series.map(({ sessions }) => sessions)), true);
  const most = values.at(-1) ?? 1;
  const slot = (width - LEFT - RIGHT) / series.length;
  const bar = Math.max(1, Math.min(slot * 0.8, 48));
  const x = (n: number) => LEFT + (n + 0.5) * slot;
  const unit = (HEIGHT - TOP - BOTTOM) / most;
  const label = `${w.overTime}: ${shown.map((outcome) => `${outcomeName(outcome)} ${number(total.outcomes[outcome] ?? 0)}`).join(", ")}`;
  return (
    <div ref={ref}>
      {shown.length === 0 ? (
        <Empty title={w.nothing} />
      ) : (
        <>
          <ul class="legend">
            {shown.map((outcome) => (
              <li key={outcome} class={`outcome ${outcome}`}>
                {outcomeName(outcome)}
              </li>
            ))}
          </ul>
          <svg class="chart plain" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label}>
            <Axes width={width} height={HEIGHT} values={values} series={series} step={step} x={x} />
            {series.map((point, n) => {
              let top = HEIGHT - BOTTOM;
              return (
                <g key={point.at}>
                  <title>
                    {[
                      timeOf(point.at, step, true),
                      ...shown
                        .filter((outcome) => point.outcomes[outcome])
                        .map((outcome) => `${outcomeName(outcome)}: ${number(point.outcomes[outcome] ?? 0)}`),
                    ].join("\n")}
                  </title>
                  <rect class="hover" x={x(n) - slot / 2} y={TOP} width={slot} height={HEIGHT - TOP - BOTTOM} />
                  {shown.map((outcome) => {
                    const height = (point.outcomes[outcome] ?? 0) * unit;
                    top -= height;
                    return (
                      height > 0 && <rect key={outcome} class={`bar ${outcome}`} x={x(n) - bar / 2} y={top} width={bar} height={height} />
                    );
                  })}
                </g>
              );
            })}
          </svg>
        </>
      )}
      <p class="hint">{w.overTimeHint.replace("{step}", w.steps[step] ?? step)}</p>
      {shown.length > 0 && (
        <details>
          <summary>{w.table}</summary>
          <Table
            label={w.overTime}
            head={[w.at, ...(total.opened === null ? [] : [w.opened]), w.sessions, ...shown.map(outcomeName), w.frames]}
          >
            {series
              .filter(({ sessions, opened }) => sessions || opened)
              .map((point) => (
                <tr key={point.at}>
                  <Cell>
                    <time dateTime={point.at}>{timeOf(point.at, step, true)}</time>
                  </Cell>
                  {total.opened !== null && (
                    <Cell label={w.opened} class="number">
                      {number(point.opened ?? 0)}
                    </Cell>
                  )}
                  <Cell label={w.sessions} class="number">
                    {number(point.sessions)}
                  </Cell>
                  {shown.map((outcome) => (
                    <Cell key={outcome} label={outcomeName(outcome)} class="number">
                      {number(point.outcomes[outcome] ?? 0)}
                    </Cell>
                  ))}
                  <Cell label={t.sessions.frames} class="number">
                    {number(point.frames)}
                  </Cell>
                </tr>
              ))}
          </Table>
        </details>
      )}
    </div>
  );
}
