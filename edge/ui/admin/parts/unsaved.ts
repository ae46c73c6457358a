import { useEffect } from "preact/hooks";
import { t } from "../language";

/** Asks for confirmation before the user leaves the page with unsaved changes. */
export function useUnsaved(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return;
    const leave = (event: BeforeUnloadEvent) => event.preventDefault();
    const follow = (event: MouseEvent) => {
      const link = (event.target as Element).closest("a[href]");
      if (link && !link.hasAttribute("download") && !link.hasAttribute("target") && !confirm(t.common.leave)) event.preventDefault();
    };
    addEventListener("beforeunload", leave);
    document.addEventListener("click", follow, true);
    return () => {
      removeEventListener("beforeunload", leave);
      document.removeEventListener("click", follow, true);
    };
  }, [unsaved]);
}
