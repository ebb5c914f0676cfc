import { COMMON_HEADERS } from "@threadstore/http/provider";
import { namespaceName } from "../output/format.ts";
import { ViewerProblem } from "./viewer-problem.ts";
import type { ViewerRequest } from "./viewer-request.ts";

const PAGE_SIZE = 100;

/** Lists the namespaces directly in the namespace of the request. */
export async function namespaces({ request, store, namespace }: ViewerRequest): Promise<Response> {
  const { signal } = request;
  const cursor = new URL(request.url).searchParams.get("cursor") ?? undefined;
  const page = await store.namespaces({ limit: PAGE_SIZE, cursor, signal });
  const listed = page.namespaces.map((name) => ({ name, namespace: namespaceName([...namespace, name]) }));
  const next = page.cursor === undefined ? {} : { cursor: page.cursor };
  return Response.json({ namespaces: listed, ...next }, { headers: COMMON_HEADERS });
}

/** Deletes the namespace of the request, with all namespaces in it, and responds with the receipt. */
export async function erase({ request, store, namespace, settings }: ViewerRequest): Promise<Response> {
  const { signal } = request;
  if (namespace.length === 0) {
    throw new ViewerProblem(
      "ERASE_REFUSED",
      "The viewer only erases a namespace. To erase a whole store, run `threadstore erase --all`.",
    );
  }
  let result = await store.erase({ signal });
  while (result.finishedAt === undefined) result = await store.erase({ cursor: result.cursor, signal });
  const { threads, bytes, startedAt, finishedAt } = result;
  const receipt = { store: settings.label, namespace: namespaceName(namespace), threads, bytes };
  return Response.json({ ...receipt, startedAt, finishedAt }, { headers: COMMON_HEADERS });
}
