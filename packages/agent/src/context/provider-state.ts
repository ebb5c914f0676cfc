import type { JsonValue } from "@threadstore/core";
import { type JsonObject, quoteName } from "@threadstore/core/documents";
import { copyJson } from "../json.ts";

/**
 * State that a context provider or history reducer stores in the thread, such as facts about the user. Changes are
 * kept if the run ends successfully and discarded if it fails.
 */
export interface ProviderState {
  /** Returns a copy of the last value, of this run or an earlier one in any process. */
  get(): JsonValue | undefined;
  /** Sets the value: anything that JSON can represent, or `undefined` to remove it. Throws `INVALID_ARGUMENT`. */
  set(value: JsonValue | undefined): void;
}

/** The name under which a history reducer's state is stored. No provider may use it. */
export const REDUCER_STATE_NAME = "reduce";

/** Returns the state called `name` in `holder`, whose `state` object is replaced by each change. */
export function providerState(holder: { state: JsonObject }, name: string): ProviderState {
  return {
    get: () => (Object.hasOwn(holder.state, name) ? structuredClone(holder.state[name]) : undefined),
    set(value) {
      const { [name]: _previous, ...others } = holder.state;
      if (value === undefined) {
        holder.state = others;
        return;
      }
      const path = `state of ${quoteName(name)}`;
      // fromEntries defines a member called __proto__ instead of setting the prototype.
      holder.state = Object.fromEntries([
        ...Object.entries(others),
        [name, copyJson(value, { code: "INVALID_ARGUMENT", path })],
      ]);
    },
  };
}
