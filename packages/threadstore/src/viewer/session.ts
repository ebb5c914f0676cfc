import { readFileSync } from "node:fs";
import { COMMON_HEADERS } from "@threadstore/http/provider";
import { isHistoryStore } from "../stores/history-store.ts";
import type { ViewerRequest } from "./viewer-request.ts";

/** Responds with the information that the page needs about the store and the viewer. */
export async function session({ store, settings: { label, write } }: ViewerRequest): Promise<Response> {
  const body = { store: label, write, history: isHistoryStore(store), version: ownVersion() };
  return Response.json(body, { headers: COMMON_HEADERS });
}

function ownVersion(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
