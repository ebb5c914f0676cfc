// The viewer in an application with Express.
import type { ThreadStore } from "@threadstore/core";
import express, { type Express } from "express";
import { nodeListener } from "threadstore/viewer";
import { staffViewer } from "./staff-viewer.ts";

export function application(store: ThreadStore): Express {
  const app = express();
  // Before `express.json`, because the viewer reads the bodies of its requests.
  app.use("/admin/threads", nodeListener(staffViewer(store)));
  app.use(express.json());
  return app;
}
