import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { ThreadKey } from "../api/queries.ts";
import type { ThreadPage } from "../api/types.ts";

/** The version of a thread in the loaded lists: a corrupt thread cannot be loaded, but it can be erased. */
export function listedVersion(queries: QueryClient, { namespace, id }: ThreadKey): string | undefined {
  const lists = queries.getQueriesData<InfiniteData<ThreadPage>>({ queryKey: ["threads", namespace] });
  return lists
    .flatMap(([, list]) => list?.pages ?? [])
    .flatMap(({ threads }) => threads)
    .find((thread) => thread.id === id)?.version;
}
