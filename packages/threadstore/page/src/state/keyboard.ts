import { useEffect, useRef } from "react";

export type KeyActions = Readonly<Record<string, (event: KeyboardEvent) => void>>;

/** Whether an element receives typed characters, or is part of a dialog or menu, which has its own keys. */
function hasOwnKeys(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.closest("input, textarea, select, [role=dialog], [role=alertdialog], [role=menu]") !== null;
}

/** Calls the action of a key that is pressed anywhere on the page, except where keys mean something else. */
export function useKeys(actions: KeyActions): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (hasOwnKeys(event.target)) return;
      const action = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined;
      if (action === undefined) return;
      event.preventDefault();
      action(event);
    };
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
}
