import type { IncomingMessage, ServerResponse } from "node:http";
import { getBearerTokenProvider, type AccessToken, type TokenCredential } from "@azure/identity";
import { AzureOpenAI } from "openai";
import { describe, expect, test } from "vitest";
import { createChatAgent, defineTool, type ChatAgent, type Tool } from "../index.ts";
import {
  calling,
  completion,
  deltas,
  json,
  startWireServer,
  type WireServer,
} from "../model-server.test-helper.ts";

const scope = "https://cognitiveservices.azure.com/.default";
const deployment = "gpt-4o-mini";

/** Replaces the credentials of @azure/identity: returns a new token each time and records the scopes. */
class CountedCredential implements TokenCredential {
  readonly scopes: string[] = [];
  readonly #lifetimeMs: number;

  constructor(lifetimeMs = 3_600_000) {
    this.#lifetimeMs = lifetimeMs;
  }

  async getToken(scopes: string | string[]): Promise<AccessToken> {
    this.scopes.push([scopes].flat().join());
    return {
      token: `secret-token-${this.scopes.length}`,
      expiresOnTimestamp: Date.now() + this.#lifetimeMs,
    };
  }
}

function azureAgent(server: WireServer, credential: TokenCredential, tools: Tool[] = []): ChatAgent {
  const azureADTokenProvider = getBearerTokenProvider(credential, scope);
  const client = new AzureOpenAI({
    endpoint: server.url,
    apiVersion: "2024-10-21",
    azureADTokenProvider,
    maxRetries: 0,
  });
  return createChatAgent({ client, model: deployment, tools });
}

/** Answers, and records the method, URL and authorization of the request. */
function recording(
  into: string[],
  answer: (response: ServerResponse) => void,
): (response: ServerResponse, request: IncomingMessage) => void {
  return (response, request) => {
    into.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    expect(request.headers["api-key"]).toBeUndefined();
    answer(response);
  };
}

describe("AzureOpenAI with a credential of @azure/identity", () => {
  test("requests the token once, sends it with each request, and keeps it out of the thread", async () => {
    const seen: string[] = [];
    const server = await startWireServer(
      recording(seen, completion(calling(["1", "look", ""]))),
      recording(seen, completion({ role: "assistant", content: "blue" })),
      recording(seen, deltas({ role: "assistant", content: "still blue" })),
    );
    const credential = new CountedCredential();
    const agent = azureAgent(server, credential, [defineTool({ name: "look", run: () => "blue" })]);
    const { thread } = await agent.run("What is the sky like?");
    const { text } = await agent.runStream("And now?", thread).result;
    expect(text).toBe("still blue");
    const path = `/openai/deployments/${deployment}/chat/completions?api-version=2024-10-21`;
    const request = `POST ${path} Bearer secret-token-1`;
    expect(seen).toEqual([request, request, request]);
    expect(credential.scopes).toEqual([scope]);
    expect(JSON.stringify(thread)).not.toContain("secret");
    expect(JSON.stringify(thread)).not.toContain(server.url);
  });

  test("replaces a token that has expired", async () => {
    const seen: string[] = [];
    const answer = recording(seen, completion({ role: "assistant", content: "ok" }));
    const server = await startWireServer(answer, answer);
    const credential = new CountedCredential(0);
    const agent = azureAgent(server, credential);
    const { thread } = await agent.run("one");
    await agent.run("two", thread);
    expect(credential.scopes).toEqual([scope, scope]);
    expect(seen.map((line) => line.split(" ").at(-1))).toEqual(["secret-token-1", "secret-token-2"]);
  });

  test("rejects with CLIENT_FAILED if there is no token, with the credential's error in the cause", async () => {
    const server = await startWireServer();
    const unavailable = new Error("Please run 'az login' from a command prompt.");
    const agent = azureAgent(server, { getToken: async () => Promise.reject(unavailable) });
    const thread = agent.getNewThread();
    const before = JSON.stringify(thread);
    const failure = agent.run("x", thread);
    await expect(failure).rejects.toMatchObject({
      code: "CLIENT_FAILED",
      retryable: false,
      cause: { cause: unavailable },
    });
    expect(JSON.stringify(thread)).toBe(before);
    expect(server.bodies).toHaveLength(0);
  });

  test.each([401, 403, 404])("rejects with MODEL_REFUSED if the token is rejected (%i)", async (status) => {
    const server = await startWireServer(
      json({ error: { code: "PermissionDenied", message: "no" } }, status),
    );
    const agent = azureAgent(server, new CountedCredential());
    await expect(agent.run("x")).rejects.toMatchObject({ code: "MODEL_REFUSED", status });
  });
});
