// A table of failed checks and their frequency, with a bar in each row.
import { GOING_ON } from "../admin/codes";
import { fill, number } from "../admin/format";
import { t } from "../admin/language";
import { Cell, Empty, Table } from "../admin/parts/ui";
import type { CodeFigures, Figures } from "../admin/rest";
import { w } from "./words";

export function Checks({ total, byCode }: { total: Figures; byCode: boolean }) {
  const failed = total.codes.filter(({ code }) => !GOING_ON.has(code));
  const prompts = total.codes.filter(({ code }) => GOING_ON.has(code));
  return (
    <>
      {!byCode && <p class="hint">{fill(w.checksHint, { n: number(total.frames) })}</p>}
      {failed.length === 0 ? <Empty title={w.noChecks} /> : <List label={w.checks} codes={failed} frames={total.frames} />}
      {prompts.length > 0 && (
        <details>
          <summary>{w.goingOn}</summary>
          <List label={w.goingOn} codes={prompts} frames={total.frames} />
        </details>
      )}
    </>
  );
}

function List({ label, codes, frames }: { label: string; codes: CodeFigures[]; frames: number }) {
  const most = Math.max(1, ...codes.map((code) => code.frames));
  const share = (n: number) => `${number((100 * n) / Math.max(1, frames), 1)}%`;
  return (
    <Table label={label} head={[w.check, w.frames, w.share, w.inSessions]}>
      {codes.map((figures) => (
        <tr key={figures.code}>
          <Cell>
            <span class={`code ${GOING_ON.has(figures.code) ? "" : "bad"}`}>
              {figures.code} {figures.name}
            </span>{" "}
            <span class="soft">{t.codes[figures.code]}</span>
          </Cell>
          <Cell label={w.frames} class="number">
            <span class="amount">
              <svg class="amount-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect width={(100 * figures.frames) / most} height="8" />
              </svg>
              {number(figures.frames)}
            </span>
          </Cell>
          <Cell label={w.share} class="number">
            {share(figures.frames)}
          </Cell>
          <Cell label={w.inSessions} class="number">
            {number(figures.sessions)}
          </Cell>
        </tr>
      ))}
    </Table>
  );
}
