import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Me } from "../rest";

export const MeContext = createContext<Me>({ name: "", rights: [], groups: [], csrf: "", must_change_password: false });

/** Returns a function that reports whether the user has a right. The server checks, too; this only hides what it would refuse. */
export function useCan(): (right: string) => boolean {
  const { rights } = useContext(MeContext);
  return (right) => rights.includes(right);
}
