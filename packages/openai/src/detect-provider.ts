import type { Provider } from "@threadstore/agent";
import type { OpenAI } from "openai";

const HOSTS: readonly (readonly [suffix: string, provider: Provider])[] = [
  ["anthropic.com", "anthropic"],
  ["azure.com", "azure"],
  ["deepseek.com", "deepseek"],
  ["googleapis.com", "gemini"],
  ["groq.com", "groq"],
  ["mistral.ai", "mistral"],
];

/** Returns the provider that the base URL of a client names, or OpenAI, which compatible servers follow. */
export function detectProvider({ baseURL }: Pick<OpenAI, "baseURL">): Provider {
  const host = URL.parse(baseURL)?.hostname ?? "";
  return HOSTS.find(([suffix]) => host === suffix || host.endsWith(`.${suffix}`))?.[1] ?? "openai";
}
