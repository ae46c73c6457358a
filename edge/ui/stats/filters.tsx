import { CODES } from "../admin/codes";
import { t } from "../admin/language";
import { outcomeName } from "../admin/parts/codes";
import { Select, Text } from "../admin/parts/ui";
import { PERIODS, type Query } from "./query";
import { OUTCOMES } from "./measures";
import { w } from "./words";

export function Filters({ query, onQuery }: { query: Query; onQuery: (query: Query) => void }) {
  const set = (name: keyof Query) => (value: string) => onQuery({ ...query, [name]: value });
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()}>
      <Select
        label={w.period}
        value={query.period}
        onValue={set("period")}
        options={[...Object.keys(PERIODS), "own"].map((name) => [name, w.periods[name] ?? name] as const)}
      />
      {query.period === "own" && (
        <>
          <Text label={t.common.from} type="datetime-local" value={query.since} onValue={set("since")} />
          <Text label={t.common.until} type="datetime-local" value={query.until} onValue={set("until")} />
        </>
      )}
      <Select label={w.step} value={query.step} onValue={set("step")} options={Object.entries(w.steps)} />
      <Select
        label={w.outcome}
        value={query.outcome}
        onValue={set("outcome")}
        options={[["", w.any], ["fail", w.fail], ...OUTCOMES.map((outcome) => [outcome, outcomeName(outcome)] as const)]}
      />
      <Select
        label={w.code}
        value={query.code}
        onValue={set("code")}
        options={[["", w.anyCode], ...Object.entries(CODES).map(([code, name]) => [code, `${code} ${name}`] as const)]}
      />
    </form>
  );
}
