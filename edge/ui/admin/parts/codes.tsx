import { CODES, GOING_ON } from "../codes";
import { t } from "../language";

export const outcomeName = (outcome: string): string => t.outcomes[outcome] ?? outcome;

/** Returns the REST API's name of a stored outcome. */
export const outcomeWord = (outcome: string | undefined): string => {
  if (!outcome || outcome === "OUTCOME_CONTINUE") return "open";
  return outcome === "OUTCOME_PASSED" ? "success" : outcome.replace("OUTCOME_", "").toLowerCase();
};

export function Outcome({ outcome }: { outcome: string }) {
  const kind = outcome === "success" ? "good" : outcome === "open" ? "neutral" : "bad";
  return <span class={`badge ${kind}`}>{outcomeName(outcome)}</span>;
}

/** Codes as numbers with their names. */
export function Codes({ codes }: { codes: readonly number[] }) {
  if (codes.length === 0) return <span class="soft">—</span>;
  return (
    <span class="codes">
      {codes.map((code) => (
        <span key={code} class={`code ${GOING_ON.has(code) ? "" : "bad"}`} title={t.codes[code]}>
          {code} {CODES[code]}
        </span>
      ))}
    </span>
  );
}

/** A list of codes with their meanings. */
export function CodeList({ codes }: { codes: readonly number[] }) {
  return (
    <ul class="code-list">
      {codes.map((code) => (
        <li key={code}>
          <span class={`code ${GOING_ON.has(code) ? "" : "bad"}`}>
            {code} {CODES[code]}
          </span>{" "}
          <span class="soft">{t.codes[code]}</span>
        </li>
      ))}
    </ul>
  );
}
