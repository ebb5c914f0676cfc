import { AgentError, type Provider } from "@threadstore/agent";
import { AzureOpenAI, OpenAI } from "openai";
import { expect, test } from "vitest";
import { detectProvider } from "../detect-provider.ts";
import { makeItemsSendable } from "../responses/make-items-sendable.ts";
import { makeCallsSendable } from "./make-calls-sendable.ts";

type Calls = { id?: string; function: { name: string } }[];

function sendable(provider: Provider, ...calls: [id: string | undefined, name: string][]): Calls {
  const list = calls.map(([id, name]) => ({ ...(id === undefined ? {} : { id }), function: { name } }));
  const message = { tool_calls: list };
  makeCallsSendable(message, provider);
  return message.tool_calls;
}

test.each<[Provider, RegExp, (string | undefined)[]]>([
  ["mistral", /^[a-zA-Z0-9]{9}$/, ["call_1", "abcdefghi", undefined, "abcdefghi"]],
  ["anthropic", /^[a-zA-Z0-9_-]+$/, ["functions.f:0", "functions.f:0", ""]],
  ["openai", /^.{1,40}$/, ["functions.f:0", undefined, "functions.f:0", "x".repeat(41)]],
  ["azure", /^.{1,40}$/, ["x".repeat(41), "x".repeat(41)]],
])("ids of calls become distinct ids that %s accepts", (provider, pattern, ids) => {
  const calls = sendable(provider, ...ids.map((id): [string | undefined, string] => [id, "f"]));
  expect(new Set(calls.map(({ id }) => id)).size).toBe(ids.length);
  for (const { id } of calls) expect(id).toMatch(pattern);
});

test("ids that the provider accepts stay", () => {
  const ids = ["a.b", "x".repeat(40), `call_1__thought__${"y".repeat(500)}`];
  expect(sendable("openai", ...ids.map((id): [string, string] => [id, "f"])).map(({ id }) => id)).toEqual(
    ids,
  );
});

test.each([["my tool"], ["get.weather"], [""], ["a".repeat(65)], ["wetter_für"]])(
  "a call of `%s` gets a name that no provider rejects, and that is not the name of a tool",
  (name) => {
    const [call] = sendable("other", ["c1", name]);
    expect(call?.function.name).toMatch(/^invalid_name_[a-zA-Z0-9_-]{0,51}$/);
  },
);

test.each<[string, Provider]>([
  ["https://api.openai.com/v1", "openai"],
  ["http://localhost:8000/v1", "openai"],
  ["https://api.mistral.ai/v1", "mistral"],
  ["https://api.groq.com/openai/v1", "groq"],
  ["https://generativelanguage.googleapis.com/v1beta/openai/", "gemini"],
  ["https://notmistral.ai/v1", "openai"],
  ["not a URL", "openai"],
])("the base URL %s is that of %s", (baseURL, provider) => {
  expect(detectProvider(new OpenAI({ baseURL, apiKey: "k" }))).toBe(provider);
});

test("a client for Azure is one of Azure", () => {
  const endpoint = "https://example.openai.azure.com";
  expect(detectProvider(new AzureOpenAI({ endpoint, apiKey: "k", apiVersion: "v", deployment: "d" }))).toBe(
    "azure",
  );
});

test.each<[Provider, number, boolean]>([
  ["openai", 10_485_760, true],
  ["openai", 10_485_761, false],
  ["azure", 10_485_761, false],
  ["other", 10_485_761, true],
])("%s: arguments of %i characters can run: %s", (provider, length, isAccepted) => {
  const call = { id: "c1", function: { name: "f", arguments: "1".repeat(length) } };
  const attempt = (): unknown => {
    try {
      makeCallsSendable({ tool_calls: [call] }, provider);
      return undefined;
    } catch (error) {
      return AgentError.is(error) ? error.code : error;
    }
  };
  expect(attempt()).toBe(isAccepted ? undefined : "RESPONSE_INVALID");
});

test.each([
  ["function_call", "arguments"],
  ["custom_tool_call", "input"],
])("a %s with %s that are too long does not run", (type, member) => {
  const item = { type, id: "c_1", call_id: "c1", name: "f", [member]: "1".repeat(10_485_761) };
  const rejection = expect.objectContaining({ code: "RESPONSE_INVALID" }) as Error;
  expect(() => makeItemsSendable([item])).toThrow(rejection);
});
