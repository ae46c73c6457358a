// Percentiles of one measure over time, as lines and as a table.
import { number } from "../admin/format";
import { Cell, Empty, Table } from "../admin/parts/ui";
import { Axes, BOTTOM, LEFT, RIGHT, ticks, timeOf, TOP, useWidth } from "./axis";
import type { Statistics } from "../admin/rest";
import type { Measure } from "./measures";
import { w } from "./words";

const HEIGHT = 180;
const LINES = ["p50", "p95", "p99"] as const;

/** Formats a value with an appropriate number of digits. */
export const short = (value: number): string => number(value, value < 10 && value % 1 !== 0 ? (value < 1 ? 2 : 1) : 0);

export function Times({ report, measure, title }: { report: Statistics; measure: Measure; title: string }) {
  const { ref, width } = useWidth();
  const { series, step, total } = report;
  const all = total[measure];
  const values = ticks(Math.max(0, ...series.map((point) => point[measure]?.p99 ?? 0)), measure === "frames_per_session");
  const most = values.at(-1) || 1;
  const slot = (width - LEFT - RIGHT) / series.length;
  const x = (n: number) => LEFT + (n + 0.5) * slot;
  const y = (value: number) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  // A step without measurements interrupts the line.
  const path = (line: (typeof LINES)[number]): string => {
    let drawn = false;
    return series
      .map((point, n) => {
        const value = point[measure]?.[line];
        const command = value === undefined ? "" : `${drawn ? "L" : "M"}${x(n).toFixed(1)} ${y(value).toFixed(1)}`;
        drawn = value !== undefined;
        return command;
      })
      .join("");
  };
  const alone = (n: number) => !series[n - 1]?.[measure] && !series[n + 1]?.[measure];
  return (
    <section class="card" aria-label={title}>
      <h3>{title}</h3>
      <div ref={ref}>
        {!all ? (
          <Empty title={w.none} />
        ) : (
          <>
            <ul class="legend">
              {LINES.map((line) => (
                <li key={line} class={line}>
                  {line} <strong class="number">{short(all[line])}</strong>
                </li>
              ))}
            </ul>
            <svg
              class="chart plain"
              viewBox={`0 0 ${width} ${HEIGHT}`}
              role="img"
              aria-label={`${title}: ${LINES.map((line) => `${line} ${short(all[line])}`).join(", ")}`}
            >
              <Axes width={width} height={HEIGHT} values={values} series={series} step={step} x={x} />
              {LINES.map((line) => (
                <g key={line} class={line}>
                  <path d={path(line)} />
                  {series.map(
                    (point, n) =>
                      point[measure] && alone(n) && <circle key={point.at} cx={x(n)} cy={y(point[measure]?.[line] ?? 0)} r="3" />,
                  )}
                </g>
              ))}
              {series.map(
                (point, n) =>
                  point[measure] && (
                    <rect key={point.at} class="hover" x={x(n) - slot / 2} y={TOP} width={slot} height={HEIGHT - TOP - BOTTOM}>
                      <title>
                        {[timeOf(point.at, step, true), ...LINES.map((line) => `${line}: ${short(point[measure]?.[line] ?? 0)}`)].join(
                          "\n",
                        )}
                      </title>
                    </rect>
                  ),
              )}
            </svg>
            <details>
              <summary>{w.table}</summary>
              <Table label={title} head={[w.at, w.mean, ...LINES]}>
                {series.flatMap((point) => {
                  const at = point[measure];
                  return at
                    ? [
                        <tr key={point.at}>
                          <Cell>
                            <time dateTime={point.at}>{timeOf(point.at, step, true)}</time>
                          </Cell>
                          <Cell label={w.mean} class="number">
                            {short(at.mean)}
                          </Cell>
                          {LINES.map((line) => (
                            <Cell key={line} label={line} class="number">
                              {short(at[line])}
                            </Cell>
                          ))}
                        </tr>,
                      ]
                    : [];
                })}
              </Table>
            </details>
          </>
        )}
      </div>
    </section>
  );
}
