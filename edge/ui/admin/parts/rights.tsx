// Rights as a grid: a row for each section, with columns for viewing and changing it.
import { t } from "../language";

/** All rights by section, as in edge/internal/account/rights.go. */
export const RIGHTS: Record<string, readonly ("read" | "write")[]> = {
  sessions: ["read", "write"],
  exports: ["read", "write"],
  stats: ["read"],
  events: ["read"],
  workers: ["read"],
  settings: ["read", "write"],
  "ui-configs": ["read", "write"],
  users: ["read", "write"],
  tokens: ["read", "write"],
  audit: ["read"],
};

export interface RightsGridProps {
  rights: string[];
  /** Reports whether a right can be granted; others are shown but disabled. */
  allowed: (right: string) => boolean;
  onRights: (rights: string[]) => void;
}

export function RightsGrid({ rights, allowed, onRights }: RightsGridProps) {
  const x = t.groups;
  // The right to change a section includes the right to view it.
  const set = (section: string, kind: "read" | "write", on: boolean) => {
    const touched = [`${section}:${kind}`, on ? kind === "write" && `${section}:read` : kind === "read" && `${section}:write`].filter(
      (right): right is string => typeof right === "string" && allowed(right),
    );
    onRights(on ? [...new Set([...rights, ...touched])] : rights.filter((right) => !touched.includes(right)));
  };
  return (
    <table class="rights" aria-label={x.rights}>
      <thead>
        <tr>
          <th scope="col">{x.section}</th>
          <th scope="col">{x.read}</th>
          <th scope="col">{x.write}</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(RIGHTS).map(([section, kinds]) => (
          <tr key={section}>
            <th scope="row">{x.sections[section]}</th>
            {(["read", "write"] as const).map((kind) => {
              const right = `${section}:${kind}`;
              return (
                <td key={kind}>
                  {kinds.includes(kind) && (
                    <input
                      type="checkbox"
                      aria-label={`${x.sections[section]}: ${x[kind]}`}
                      checked={rights.includes(right)}
                      disabled={!allowed(right)}
                      onChange={(event) => set(section, kind, event.currentTarget.checked)}
                    />
                  )}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Rights as text: sections that can be changed, then those that can only be viewed. */
export function RightsInWords({ rights }: { rights: string[] }) {
  const x = t.groups;
  const names = (sections: string[]) => sections.map((section) => x.sections[section]).join(", ");
  const sections = Object.keys(RIGHTS);
  const written = sections.filter((section) => rights.includes(`${section}:write`));
  const seen = sections.filter((section) => rights.includes(`${section}:read`) && !written.includes(section));
  if (rights.length === 0) return <span class="soft">{t.common.none}</span>;
  return (
    <div>
      {written.length > 0 && (
        <div>
          <span class="soft">{x.write}:</span> {names(written)}
        </div>
      )}
      {seen.length > 0 && (
        <div>
          <span class="soft">{x.read}:</span> {names(seen)}
        </div>
      )}
    </div>
  );
}
