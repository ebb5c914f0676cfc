import { type Context, createContext, useContext, useState } from "react";

/**
 * The parts that the user has opened, by a key. Rows that are not visible leave the document, so they cannot store this
 * themselves.
 */
export const OpenStates: Context<Map<string, number>> = createContext<Map<string, number>>(new Map());

/** A number, such as of shown characters, that outlives the component. */
export function useOpenState(key: string, initial: number): readonly [number, (value: number) => void] {
  const states = useContext(OpenStates);
  const [value, setValue] = useState(() => states.get(key) ?? initial);
  return [
    value,
    (next) => {
      states.set(key, next);
      setValue(next);
    },
  ];
}
