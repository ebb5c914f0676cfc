// The viewer in an application with Hono.
import type { ThreadStore } from "@threadstore/core";
import { Hono } from "hono";
import { staffViewer } from "./staff-viewer.ts";

export function application(store: ThreadStore): Hono {
  const app = new Hono();
  const viewer = staffViewer(store);
  // This pattern includes the path without a slash at the end.
  app.all("/admin/threads/*", (context) => viewer(context.req.raw));
  return app;
}
