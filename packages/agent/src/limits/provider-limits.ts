import { invalidValue } from "../agent-error.ts";

/** The limits of a model's provider that are known. `other` is a provider without known limits. */
export type Provider =
  | "anthropic"
  | "azure"
  | "deepseek"
  | "gemini"
  | "groq"
  | "mistral"
  | "openai"
  | "other";

/** A limit and a public report or document that proves it. */
export interface Limit<Value> {
  readonly value: Value;
  readonly source: string;
}

/** The limits of a provider. All but {@link textLength} apply to Chat Completions and compatible APIs only. */
export interface ProviderLimits {
  /** The maximum number of calls in one message. */
  readonly callsPerMessage?: Limit<number>;
  /** The maximum length of a text, in UTF-16 code units. */
  readonly textLength?: Limit<number>;
  readonly callId?: Limit<RegExp>;
  /** The `name` of a message: the name of its author. */
  readonly authorName?: Limit<RegExp>;
  /** The roles of messages that may contain images. */
  readonly imageRoles?: Limit<readonly string[]>;
  /** The types of parts that contents may have, besides what {@link imageRoles} says about images. */
  readonly partTypes?: Limit<readonly string[]>;
  /** The roles of messages whose content must be a text, instead of parts. */
  readonly textRoles?: Limit<readonly string[]>;
  /** The roles of messages, besides the assistant's, whose content must not be empty. */
  readonly filledRoles?: Limit<readonly string[]>;
  /** The only members that messages of a role and calls may have. */
  readonly acceptedMembers?: Limit<{ readonly [role: string]: readonly string[] }>;
  /** Members that an assistant message must not have. */
  readonly rejectedMembers?: Limit<readonly string[]>;
  /** Members that an assistant message with calls must have, and their value if it is unknown. */
  readonly requiredMembers?: Limit<{ readonly [member: string]: string }>;
  /** The `thought_signature` for the first call of a message in the current turn that does not have one. */
  readonly callSignature?: Limit<string>;
  /** Whether a tool result must contain the name of the tool. */
  readonly resultName?: Limit<true>;
  /** Whether the `strictOrder` of messages is required. */
  readonly strictOrder?: Limit<true>;
}

const OPENAI: ProviderLimits = {
  callsPerMessage: { value: 128, source: "https://github.com/openai/openai-dotnet/issues/317" },
  textLength: { value: 10_485_760, source: "https://github.com/Shopify/roast/issues/52" },
  callId: { value: /^.{1,40}$/s, source: "https://github.com/camel-ai/camel/issues/2215" },
  authorName: {
    value: /^[a-zA-Z0-9_-]{1,64}$/,
    source: "https://github.com/Pingdred/meowgram-client/issues/11",
  },
  imageRoles: { value: ["user"], source: "https://github.com/OpenHands/OpenHands/issues/7700" },
  partTypes: {
    value: ["file", "image_url", "input_audio", "refusal", "text"],
    source:
      "https://platform.openai.com/docs/api-reference/chat/create and https://github.com/aallam/openai-kotlin/issues/320",
  },
};

/**
 * The limits of each provider. Only limits with a source are listed. Rules that many providers share are no limits:
 * a check without a provider reports them, too.
 */
export const PROVIDER_LIMITS: { readonly [Name in Provider]: ProviderLimits } = {
  openai: OPENAI,
  azure: {
    ...OPENAI,
    // GitHub Copilot, which runs on Azure.
    callsPerMessage: { value: 128, source: "https://github.com/github/copilot-cli/issues/669" },
    callId: { value: /^.{1,40}$/s, source: "https://github.com/Portkey-AI/gateway/issues/1062" },
  },
  mistral: {
    callId: { value: /^[a-zA-Z0-9]{9}$/, source: "https://github.com/anomalyco/opencode/issues/1680" },
    imageRoles: { value: ["user"], source: "https://github.com/LibreChat-AI/agents/issues/344" },
    acceptedMembers: {
      value: {
        system: ["role", "content"],
        user: ["role", "content"],
        assistant: ["role", "content", "tool_calls", "prefix"],
        tool: ["role", "content", "tool_call_id", "name"],
        call: ["id", "type", "function", "index"],
      },
      source:
        "https://docs.mistral.ai/api, https://github.com/BerriAI/litellm/issues/30835 and https://github.com/nomtek/mistralai_client_dart/issues/44",
    },
    strictOrder: { value: true, source: "https://github.com/LibreChat-AI/agents/issues/344" },
  },
  groq: {
    rejectedMembers: { value: ["reasoning_content"], source: "https://github.com/janhq/jan/issues/8136" },
  },
  deepseek: {
    imageRoles: { value: [], source: "https://github.com/rikkahub/rikkahub/issues/1433" },
    textRoles: {
      value: ["assistant", "tool"],
      source:
        "https://github.com/Gitlawb/openclaude/issues/774 and https://github.com/BerriAI/litellm/issues/9905",
    },
    requiredMembers: {
      // An empty text is rejected by some of its models.
      value: { reasoning_content: " " },
      source:
        "https://api-docs.deepseek.com/guides/thinking_mode and https://github.com/NousResearch/hermes-agent/pull/17341",
    },
  },
  anthropic: {
    filledRoles: {
      value: ["user"],
      source:
        "https://github.com/microsoft/autogen/issues/6083 and https://github.com/router-for-me/CLIProxyAPI/issues/2178",
    },
    callId: { value: /^[a-zA-Z0-9_-]+$/, source: "https://github.com/maximhq/bifrost/issues/5097" },
  },
  gemini: {
    callSignature: {
      value: "skip_thought_signature_validator",
      source:
        "https://ai.google.dev/gemini-api/docs/thought-signatures and https://github.com/securo-finance/securo/issues/884",
    },
    resultName: { value: true, source: "https://github.com/NousResearch/hermes-agent/pull/19728" },
  },
  other: {},
};

/** Returns the limits of a provider. Throws `INVALID_ARGUMENT`. */
export function readProvider(provider: unknown): ProviderLimits {
  const known = Object.keys(PROVIDER_LIMITS) as Provider[];
  const name = known.find((each) => each === provider);
  if (name !== undefined) return PROVIDER_LIMITS[name];
  const names = known.map((each) => `"${each}"`).join(", ");
  throw invalidValue("INVALID_ARGUMENT", "provider", `one of ${names}`);
}
