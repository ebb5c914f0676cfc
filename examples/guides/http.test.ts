import { SessionServiceError } from "@threadstore/adk";
import { InterchangeError } from "@threadstore/agent-framework";
import { ConversationError } from "@threadstore/ai-sdk";
import { SessionStoreError } from "@threadstore/claude-agent-sdk";
import { RunnerError } from "@threadstore/copilotkit";
import { ThreadStoreError } from "@threadstore/core";
import { SnapshotError } from "@threadstore/genkit";
import { LangGraphStoreError } from "@threadstore/langgraph";
import { MastraMemoryError } from "@threadstore/mastra";
import { StorageError } from "@threadstore/microsoft-agents";
import { AgentError } from "@threadstore/openai";
import { SessionError } from "@threadstore/openai-agents";
import { StrandsStorageError } from "@threadstore/strands";
import { describe, expect, it } from "vitest";
import { failure } from "./http.ts";

/** Calls that may be repeated as they are, after the client or another request is done. */
const CLIENT_RETRIES = ["CONVERSATION_CONFLICT", "THREAD_BUSY"];

describe.each([
  AgentError,
  ConversationError,
  InterchangeError,
  LangGraphStoreError,
  MastraMemoryError,
  RunnerError,
  SessionError,
  SessionServiceError,
  SessionStoreError,
  SnapshotError,
  StorageError,
  StrandsStorageError,
])("the codes of $name", (coded) => {
  it.each(coded.codes.map((code) => [code]))("%s has a status", (code) => {
    const error = new (coded as typeof AgentError)(code as never, "The remedy.");
    const { status, body } = failure(error);
    expect(body).toEqual({ code, message: "The remedy." });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(status === 503).toBe(error.retryable && !CLIENT_RETRIES.includes(code));
  });
});

it.each([
  ["CLOSED", 503],
  ["CONFLICT", 409],
  ["OUTCOME_UNKNOWN", 500],
  ["STORAGE_FULL", 507],
  ["TOO_LARGE", 413],
  ["UNAVAILABLE", 503],
] as const)("a store's %s is %i", (code, status) => {
  expect(failure(new ThreadStoreError(code, "The remedy.")).status).toBe(status);
});

it.each([
  [new AgentError("TURN_ABANDONED", "Use another key."), 410],
  [new AgentError("TOO_MANY_ATTEMPTS", "Close the turn."), 409],
  [new AgentError("MODEL_REFUSED", "See the cause."), 422],
  [new ConversationError("MESSAGE_REFUSED", "Load it."), 403],
  [new Error("secret"), 500],
  ["secret", 500],
  [undefined, 500],
])("%s has the status %i", (error, status) => {
  expect(failure(error).status).toBe(status);
  expect(JSON.stringify(failure(error))).not.toContain("secret");
});
