import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore, type ThreadStore } from "@threadstore/core";
import { onTestFinished } from "vitest";
import { nodeListener } from "./node-listener.ts";
import type { ViewerHandler, ViewerHandlerOptions } from "./options.ts";
import { createViewer } from "./viewer-handler.ts";

export interface Init {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The version for `if-match`. */
  readonly version?: string;
  readonly json?: unknown;
}

export type Send = (path: string, init?: Init) => Promise<Response>;

/** Creates a folder with the files of a page. */
export async function pageFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "threadstore-page-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "page", "assets"), { recursive: true });
  await writeFile(join(folder, "secret.txt"), "secret");
  await writeFile(join(folder, "page", "index.html"), "<title>Viewer</title>");
  await writeFile(join(folder, "page", "assets", "index-abc.js"), "void 0;");
  return join(folder, "page");
}

/** Serves a handler over HTTP. Returns a function that sends requests to it. */
export async function serveHandler(handler: ViewerHandler): Promise<Send> {
  const server = createServer(nodeListener(handler));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return (path, { json, version, headers, ...init } = {}) =>
    fetch(address + path, {
      redirect: "manual",
      ...init,
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      headers: {
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...(version === undefined ? {} : { "if-match": `"${version}"` }),
        ...headers,
      },
    });
}

/** Serves a viewer of a store. */
export async function startViewer<Store extends ThreadStore = ThreadStore>(
  options: Partial<ViewerHandlerOptions> & { store?: Store } = {},
): Promise<{ send: Send; store: Store; json: (path: string) => Promise<unknown> }> {
  const { store = memoryStore() as Store, ...others } = options;
  const viewer = createViewer({ authorize: () => store, ...others }, { page: await pageFolder() });
  const send = await serveHandler(viewer);
  return { send, store, json: async (path) => (await send(path)).json() };
}

/** Returns the status and the code of a problem. */
export async function problemOf(response: Response): Promise<[number, unknown]> {
  const { code } = (await response.json()) as { code?: unknown };
  return [response.status, code];
}

/** Returns a thread of this project's format. */
export function ownThread(kind: string, members: object): object {
  return { format: "threadstore.thread", version: 1, kind, ...members };
}

/** A thread of a chat whose call has no result. */
export const FAULTY: object = ownThread("chat", {
  agent: "Assistant",
  messages: [
    { role: "user", content: "How warm is it?" },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "c1", type: "function", function: { name: "weather", arguments: "{}" } }],
    },
    { role: "user", content: "Well?" },
  ],
});
