import {
  type InfiniteData,
  useInfiniteQuery,
  type UseInfiniteQueryResult,
  useQuery,
  type UseQueryResult,
} from "@tanstack/react-query";
import { parseSearch } from "../sidebar/search.ts";
import { ApiError, callApi, callJson, threadPath } from "./client.ts";
import type { Conversation, NamespacePage, Session, ThreadDiff, ThreadPage, VersionPage } from "./types.ts";

const PAGE = "100";

export interface ThreadKey {
  readonly namespace: string;
  readonly id: string;
}

/** The error to show instead of data. A temporary failure leaves the data that was loaded before on the page. */
export function failureOf({ data, error }: Pick<UseQueryResult, "data" | "error">): Error | undefined {
  if (error === null) return undefined;
  return data !== undefined && error instanceof ApiError && error.isTemporary ? undefined : error;
}

export function useSession(): UseQueryResult<Session> {
  return useQuery({
    queryKey: ["session"],
    queryFn: ({ signal }) => callJson<Session>("session", { namespace: "", signal }),
    staleTime: Infinity,
  });
}

export function useNamespaces(
  namespace: string,
  enabled: boolean,
): UseInfiniteQueryResult<InfiniteData<NamespacePage>> {
  return useInfiniteQuery({
    queryKey: ["namespaces", namespace],
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) =>
      callJson<NamespacePage>("namespaces", { namespace, signal, query: { cursor: pageParam } }),
    getNextPageParam: ({ cursor }) => cursor,
  });
}

export function useThreads(
  namespace: string,
  search: string,
): UseInfiniteQueryResult<InfiniteData<ThreadPage>> {
  return useInfiniteQuery({
    queryKey: ["threads", namespace, search],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) =>
      callJson<ThreadPage>("threads", {
        namespace,
        signal,
        query: { ...parseSearch(search), limit: PAGE, cursor: pageParam },
      }),
    getNextPageParam: ({ cursor }) => cursor,
  });
}

export function useConversation(
  { namespace, id }: ThreadKey,
  version: string | undefined,
): UseQueryResult<Conversation> {
  return useQuery({
    queryKey: ["thread", namespace, id, "conversation", version],
    queryFn: ({ signal }) =>
      callJson<Conversation>(threadPath(id, "conversation"), { namespace, signal, query: { version } }),
    gcTime: 60_000,
  });
}

/** The stored text of a thread, or of one of its versions, byte for byte. */
export function useStoredText(
  { namespace, id }: ThreadKey,
  version: string | undefined,
): UseQueryResult<string> {
  return useQuery({
    queryKey: ["thread", namespace, id, "text", version],
    queryFn: async ({ signal }) => {
      const response = await callApi(threadPath(id), { namespace, signal, query: { version } });
      return await response.text();
    },
    gcTime: 60_000,
  });
}

export function useVersions(
  { namespace, id }: ThreadKey,
  enabled: boolean,
): UseInfiniteQueryResult<InfiniteData<VersionPage>> {
  return useInfiniteQuery({
    queryKey: ["thread", namespace, id, "versions"],
    enabled,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ signal, pageParam }) =>
      callJson<VersionPage>(threadPath(id, "versions"), { namespace, signal, query: { cursor: pageParam } }),
    getNextPageParam: ({ cursor }) => cursor,
  });
}

export function useDiff({ namespace, id }: ThreadKey, from: string, to: string): UseQueryResult<ThreadDiff> {
  return useQuery({
    queryKey: ["thread", namespace, id, "diff", from, to],
    queryFn: ({ signal }) =>
      callJson<ThreadDiff>(threadPath(id, "diff"), { namespace, signal, query: { from, to } }),
    staleTime: Infinity,
  });
}
