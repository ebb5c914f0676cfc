import { invalidValue } from "../agent-error.ts";
import { type Provider, readProvider } from "../limits/provider-limits.ts";
import type { ShortenText } from "../limits/shorten-text.ts";
import type { RepairLimits } from "./repair-limits.ts";

/** Options of checking and repairing messages. */
export interface MessageCheckOptions {
  /**
   * The names of the existing tools. If present, calls of other tools are findings: Gemini, and Anthropic through
   * some gateways, reject them, and a model that reads them calls the tool again.
   * @default calls of any tool are accepted
   */
  readonly tools?: readonly string[] | undefined;
  /**
   * Whether to also check the order that Mistral and the chat templates of many open models require: system messages
   * come first, and an assistant message separates a tool result from the next user message.
   * @default false
   */
  readonly strictOrder?: boolean | undefined;
}

/** Options of checking and repairing a thread. */
export interface CheckOptions extends MessageCheckOptions {
  /**
   * The name of the agent, for a thread that lost it.
   * @default "Assistant"
   */
  readonly agent?: string | undefined;
  /**
   * The kind of the thread, for one that lost its `kind` or `format`. Without it, a thread that lost its `kind` gets
   * the one that its messages look like, and a document of another format or kind is not repaired.
   */
  readonly kind?: string | undefined;
  /**
   * How to treat a turn that waits for approval or was interrupted. `"keep"`: an agent can `resume` it, so it is not
   * a finding. `"close"`: it is a finding, and a repair ends it, so that the thread can be run.
   * @default "keep"
   */
  readonly openTurn?: "keep" | "close" | undefined;
}

/** Options of checking and repairing for a provider. */
export interface ProviderOptions {
  /** The provider whose limits are checked, too. */
  readonly provider?: Provider | undefined;
  /**
   * Replaces a text that is longer than the provider accepts.
   * @default cuts the text and adds a note that says so
   */
  readonly shorten?: ShortenText | undefined;
}

/** Options of checking and repairing a thread for a provider. */
export interface ProviderCheckOptions extends CheckOptions, ProviderOptions {}

/** Validates options that are not validated where they are read. Throws `INVALID_ARGUMENT`. */
export function validateCheckOptions({ openTurn, strictOrder }: CheckOptions): void {
  const code = "INVALID_ARGUMENT";
  if (![undefined, "keep", "close"].includes(openTurn)) {
    throw invalidValue(code, "openTurn", '"keep" or "close"');
  }
  if (!["undefined", "boolean"].includes(typeof strictOrder)) {
    throw invalidValue(code, "strictOrder", "a boolean", strictOrder);
  }
}

export function readLimits({ provider = "other", shorten }: ProviderOptions): RepairLimits {
  if (shorten !== undefined && typeof shorten !== "function") {
    throw invalidValue("INVALID_ARGUMENT", "shorten", "a function", shorten);
  }
  return { ...readProvider(provider), shorten };
}

export function readTools({ tools }: MessageCheckOptions): ReadonlySet<string> | undefined {
  if (tools === undefined) return undefined;
  if (Array.isArray(tools) && tools.every((name) => typeof name === "string")) return new Set(tools);
  throw invalidValue("INVALID_ARGUMENT", "tools", "an array of strings");
}
