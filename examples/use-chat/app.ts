import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConversationError, errorsLast, uiMessageStore, type UIMessageStore } from "@threadstore/ai-sdk";
import type { ThreadStore } from "@threadstore/core";
import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  isStepCount,
  type LanguageModel,
  streamText,
  toUIMessageStream,
  type ToolSet,
  type UIMessage,
} from "ai";
import { type Context, Hono } from "hono";
import { build } from "rolldown";
import { failure } from "../guides/http.ts";

export interface AppOptions {
  readonly store: ThreadStore;
  readonly model: LanguageModel;
  /** All of them run only after the user approved the call. */
  readonly tools: ToolSet;
}

/** Creates a chat whose page uses `useChat`. It holds no state, so any number of processes can serve it. */
export async function createApp({ store, model, tools }: AppOptions): Promise<Hono> {
  // If two tabs post at the same time, one waits for the other.
  const chats = uiMessageStore({ store, lease: { durationMs: 5000 } });
  const app = new Hono();
  app.get("/api/chat/:id", async (context) => {
    const conversation = await chats.load(context.req.param("id"));
    return context.json({
      messages: conversation?.messages ?? [],
      rejectedIds: conversation?.rejectedIds ?? [],
    });
  });
  app.post("/api/chat", (context) => answer(chats, { model, tools }, context));
  for (const [path, content, type] of [
    ["/", readPage("index.html"), "text/html"],
    ["/chat.css", readPage("chat.css"), "text/css"],
    ["/chat.js", await bundlePage(join(import.meta.dirname, "page/chat.js")), "text/javascript"],
  ] as const) {
    app.get(path, (context) => context.body(content, 200, { "content-type": `${type}; charset=utf-8` }));
  }
  return app;
}

/**
 * Answers a posted message, and stores each step of the answer. To finish the answer of a page that was closed, and to
 * show the rest of it on the reloaded page, see `record` and `resume` in the README of `@threadstore/http`.
 */
export async function answer(
  chats: UIMessageStore<UIMessage>,
  { model, tools }: Pick<AppOptions, "model" | "tools">,
  context: Context,
): Promise<Response> {
  const { signal } = context.req.raw;
  const { id, message, trigger, messageId } = await context.req.json<{
    id: string;
    message: UIMessage;
    trigger: "regenerate-message" | "submit-message";
    messageId?: string;
  }>();
  try {
    const conversation = await chats.append(id, [message], { trigger, messageId, signal });
    const turn = chats.turn(conversation);
    const result = streamText({
      model,
      tools,
      toolApproval: () => "user-approval",
      messages: await convertToModelMessages(conversation.promptMessages, { tools }),
      stopWhen: isStepCount(5),
      // The page stopped the answer or was closed.
      abortSignal: signal,
    });
    const chunks = toUIMessageStream({ stream: result.stream, ...turn });
    return createUIMessageStreamResponse({ stream: chunks.pipeThrough(errorsLast()) });
  } catch (error) {
    // Messages of this class contain no contents, and name the remedy.
    if (!ConversationError.is(error)) throw error;
    return context.text(error.message, failure(error).status as 409);
  }
}

function readPage(name: string): string {
  return readFileSync(join(import.meta.dirname, "page", name), "utf8");
}

/** Bundles a module for browsers, without styles. */
export async function bundlePage(input: string): Promise<string> {
  const { output } = await build({
    input,
    platform: "browser",
    moduleTypes: { ".css": "empty" },
    transform: { define: { "process.env.NODE_ENV": '"production"' } },
    output: { format: "esm", codeSplitting: false, minify: true },
    write: false,
    logLevel: "silent",
  });
  return output[0].code;
}
