import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Me } from "../rest";

export const MeContext = createContext<Me>({ name: "", rights: [], groups: [], csrf: "", must_change_password: false });

/** Says whether the user has a right. The server checks too; this only hides what would be refused. */
export function useCan(): (right: string) => boolean {
  const { rights } = useContext(MeContext);
  return (right) => rights.includes(right);
}
