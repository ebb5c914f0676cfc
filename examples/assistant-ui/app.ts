import { readFileSync } from "node:fs";
import { join } from "node:path";
import { uiMessageStore } from "@threadstore/ai-sdk";
import { appendMessages } from "@threadstore/assistant-ui/server";
import type { ThreadStore } from "@threadstore/core";
import { threadHandler } from "@threadstore/http";
import type { LanguageModel } from "ai";
import { type Context, Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { answer, bundlePage } from "../use-chat/app.ts";

export interface AppOptions {
  readonly store: ThreadStore;
  readonly model: LanguageModel;
}

/**
 * Creates a chat with a thread list of assistant-ui. The page at `/` shows answers of the server, and the page at `/page`
 * stores its own. It holds no state, so any number of processes can serve it.
 */
export async function createApp({ store, model }: AppOptions): Promise<Hono> {
  /** Returns the store of the signed-in user. Use your session instead of this cookie. */
  const storeOf = (context: Context): ThreadStore | undefined => {
    const user = getCookie(context, "user");
    return user === undefined ? undefined : store.namespace(user);
  };
  const app = new Hono();
  app.post("/api/chat", async (context) => {
    const threads = storeOf(context);
    if (threads === undefined) return context.text("Sign in.", 401);
    const chats = uiMessageStore({ store: threads, lease: { durationMs: 5000 } });
    return answer(chats, { model, tools: {} }, context);
  });
  for (const [path, name] of [
    ["/threads", ""],
    ["/page/threads", "page"],
  ] as const) {
    const handle = (context: Context): Promise<Response> => {
      const threads = storeOf(context);
      const signIn = new Response(null, { status: 401 });
      const handler = threadHandler({
        basePath: path,
        authorize: () => (name === "" ? threads : threads?.namespace(name)) ?? signIn,
        ...(name === "" ? {} : { append: appendMessages }),
      });
      return handler(context.req.raw);
    };
    app.all(path, handle);
    app.all(`${path}/*`, handle);
  }
  const script = await bundlePage(join(import.meta.dirname, "page/chat.js"));
  app.get("/chat.js", (context) => context.body(script, 200, { "content-type": "text/javascript" }));
  const page = readFileSync(join(import.meta.dirname, "page/index.html"), "utf8");
  for (const path of ["/", "/page"]) {
    app.get(path, (context) => {
      setCookie(context, "user", "ann", { httpOnly: true, sameSite: "Strict" });
      return context.html(page);
    });
  }
  return app;
}
