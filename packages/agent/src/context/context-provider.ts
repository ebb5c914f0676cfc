import type { JsonValue } from "@threadstore/core";
import { AgentError } from "../agent-error.ts";
import { copyJson, quoteName, unexpected, type JsonObject } from "../thread/json.ts";

/**
 * A place in the thread for something of one's own, such as what was learned about the user. What a run
 * writes is kept when it has ended well, and dropped with everything else when it failed.
 */
export interface KeptState {
  /** What was written last, in this run or an earlier one, in whichever process; the caller's own copy. */
  get(): JsonValue | undefined;
  /** Anything that JSON can hold; `undefined` takes it out of the thread. Throws `INVALID_ARGUMENT`. */
  set(value: JsonValue | undefined): void;
}

/** What a context provider is asked with. */
export interface ContextRequest<Message extends object> {
  /** The thread's messages before this turn; frozen. */
  readonly messages: readonly Message[];
  /** The turn's messages so far: its input, and after a `resume` or at the end what followed; frozen. */
  readonly turn: readonly Message[];
  /** The provider's own. */
  readonly state: KeptState;
  /** Aborted when the run is. */
  readonly signal: AbortSignal;
}

/** What is sent with the requests of a run, and not kept in the thread. */
export interface Provision<Message extends object> {
  /** Sent behind the agent's instructions. */
  readonly instructions?: string | undefined;
  /** Sent between the thread's messages and the input. */
  readonly messages?: readonly Message[] | undefined;
}

/**
 * Adds to what the model is told, and learns from what is said: memory, retrieved documents, the time of day.
 * What it throws, the run rejects with.
 */
export interface ContextProvider<Message extends object> {
  /** Its state is kept under this name; unique within an agent. */
  readonly name: string;
  /**
   * Called once in a run, and once in a `resume`, before the model is asked; so maybe more than once in one
   * turn. The providers of an agent are asked at once.
   */
  readonly provide?:
    | ((this: void, request: ContextRequest<Message>) => Provision<Message> | Promise<Provision<Message>>)
    | undefined;
  /** Called when the turn has ended well, with all its messages, before they are in the thread. */
  readonly observe?: ((this: void, request: ContextRequest<Message>) => void | Promise<void>) | undefined;
}

/** The reducer's state is kept under this name. */
export const reducerName = "reduce";

/** Throws `INVALID_ARGUMENT` with the path of the first provider that is none, or has another's name. */
export function checkProviders<Message extends object>(
  providers: readonly ContextProvider<Message>[],
): readonly ContextProvider<Message>[] {
  if (!Array.isArray(providers)) throw unexpected("INVALID_ARGUMENT", "context", "an array", providers);
  const names = new Set([reducerName]);
  providers.forEach((provider: Partial<ContextProvider<Message>> | null | undefined, index) => {
    const path = `context[${index}]`;
    const { name, provide, observe } = provider ?? {};
    if (typeof name !== "string" || name === "" || !name.isWellFormed()) {
      throw unexpected("INVALID_ARGUMENT", `${path}.name`, "a non-empty, well-formed string", name);
    }
    for (const member of [provide, observe]) {
      if (!["function", "undefined"].includes(typeof member)) {
        throw unexpected("INVALID_ARGUMENT", path, "functions as provide and observe", member);
      }
    }
    if (names.has(name)) {
      const message = `${path}.name: the name ${quoteName(name)} is taken. Rename the provider.`;
      throw new AgentError("INVALID_ARGUMENT", message, { path: `${path}.name` });
    }
    names.add(name);
  });
  return [...providers];
}

/** One member of a state that is replaced, never changed in place. */
export function keptState(holder: { state: JsonObject }, name: string): KeptState {
  return {
    get: () => (Object.hasOwn(holder.state, name) ? structuredClone(holder.state[name]) : undefined),
    set(value) {
      const { [name]: _before, ...others } = holder.state;
      const code = "INVALID_ARGUMENT";
      holder.state =
        value === undefined
          ? others
          : // Object.fromEntries, so that a provider called __proto__ has a member like any other.
            Object.fromEntries([
              ...Object.entries(others),
              [name, copyJson(value, { code }, `state of ${quoteName(name)}`)],
            ]);
    },
  };
}
