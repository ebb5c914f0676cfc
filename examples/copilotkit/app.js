import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CopilotRuntime, createCopilotRuntimeHandler } from "@copilotkit/runtime/v2";
import { threadStoreRunner } from "@threadstore/copilotkit";
import { threadHandler } from "@threadstore/http";
import { Hono } from "hono";
import { getCookie, setCookie } from "hono/cookie";

/**
 * Creates a chat with CopilotKit. `agents` are agents of the runtime by their names, and `script` is the bundled page. It
 * holds no state, so any number of processes can serve it.
 */
export function createApp({ store, agents, script }) {
  /** Returns the store of the signed-in user. Use your session instead of this cookie. */
  const storeOf = (context) => {
    const user = getCookie(context, "user");
    return user === undefined ? undefined : store.namespace(user);
  };
  const app = new Hono();
  app.all("/api/copilotkit/*", (context) => {
    const threads = storeOf(context);
    if (threads === undefined) return context.text("Sign in.", 401);
    const runner = threadStoreRunner({ store: threads, onError: (error) => console.error(error) });
    const runtime = new CopilotRuntime({ agents, runner });
    return createCopilotRuntimeHandler({ runtime, basePath: "/api/copilotkit" })(context.req.raw);
  });
  const handler = (context) =>
    threadHandler({ authorize: () => storeOf(context) ?? new Response(null, { status: 401 }) })(
      context.req.raw,
    );
  app.all("/threads", handler);
  app.all("/threads/*", handler);
  app.get("/chat.js", (context) => context.body(script, 200, { "content-type": "text/javascript" }));
  app.get("/", (context) => {
    setCookie(context, "user", "ann", { httpOnly: true, sameSite: "Strict" });
    return context.html(readFileSync(join(import.meta.dirname, "page/index.html"), "utf8"));
  });
  return app;
}
