import { quoteName } from "@threadstore/core/documents";
import { AgentError, invalidValue } from "../agent-error.ts";
import { type ProviderState, REDUCER_STATE_NAME } from "./provider-state.ts";

/** The argument of a context provider and a history reducer. */
export interface ContextRequest<Message extends object> {
  /** The messages before the current turn; frozen. */
  readonly messages: readonly Message[];
  /**
   * The messages of the current turn so far: its input and, after a `resume` or at the end, what followed; frozen.
   */
  readonly turn: readonly Message[];
  /** The provider's own state. */
  readonly state: ProviderState;
  /** Aborts together with the run. */
  readonly signal: AbortSignal;
}

/** Additions to the requests of a run. They are not stored in the thread. */
export interface ProvidedContext<Message extends object> {
  /** Sent after the agent's instructions. */
  readonly instructions?: string | undefined;
  /** Sent between the history and the input. */
  readonly messages?: readonly Message[] | undefined;
}

/**
 * Adds to the model's context and learns from conversations: memory, retrieved documents, the time of day. A run
 * rejects with any error that a provider throws.
 */
export interface ContextProvider<Message extends object> {
  /** The name under which its state is stored; unique within an agent. */
  readonly name: string;
  /**
   * Called once per `run` and once per `resume`, before the first request to the model, so possibly several times per
   * turn. The providers of an agent are called concurrently.
   */
  readonly provide?:
    | ((
        this: void,
        request: ContextRequest<Message>,
      ) => ProvidedContext<Message> | Promise<ProvidedContext<Message>>)
    | undefined;
  /** Called with all messages of a turn that ended successfully, before they are added to the thread. */
  readonly observe?: ((this: void, request: ContextRequest<Message>) => void | Promise<void>) | undefined;
}

/** Validates the providers of an agent. Throws `INVALID_ARGUMENT` with the path of the first invalid one. */
export function checkProviders<Message extends object>(
  providers: readonly ContextProvider<Message>[],
): readonly ContextProvider<Message>[] {
  if (!Array.isArray(providers)) throw invalidValue("INVALID_ARGUMENT", "context", "an array", providers);
  const names = new Set([REDUCER_STATE_NAME]);
  providers.forEach((provider: Partial<ContextProvider<Message>> | null | undefined, index) => {
    const path = `context[${index}]`;
    const { name, provide, observe } = provider ?? {};
    if (typeof name !== "string" || name === "" || !name.isWellFormed()) {
      throw invalidValue("INVALID_ARGUMENT", `${path}.name`, "a non-empty, well-formed string", name);
    }
    for (const [member, value] of Object.entries({ provide, observe })) {
      if (!["function", "undefined"].includes(typeof value)) {
        throw invalidValue("INVALID_ARGUMENT", `${path}.${member}`, "a function", value);
      }
    }
    if (names.has(name)) {
      const message = `\`${path}.name\` is already in use: ${quoteName(name)}. Rename the provider.`;
      throw new AgentError("INVALID_ARGUMENT", message, { path: `${path}.name` });
    }
    names.add(name);
  });
  return [...providers];
}
