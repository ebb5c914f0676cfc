import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { Inbox } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useRef } from "react";
import { failureOf, useThreads } from "../api/queries.ts";
import type { ListedThread } from "../api/types.ts";
import { Empty, Failure, Loading, StaleNote } from "../shared/states.tsx";
import { useKeys } from "../state/keyboard.ts";
import { usePageState } from "../state/location.ts";
import { ThreadRow } from "./thread-row.tsx";

const ROW_HEIGHT = 58;
/** Another page is loaded when this many rows remain. */
const AHEAD = 30;

const NOT_CURRENT = "The list may be outdated.";

type List = Virtualizer<HTMLDivElement, Element>;

/** The conversations of the namespace, the latest first. Only the visible rows are in the document. */
export function ThreadList(): ReactNode {
  const { namespace, search, thread: selected } = usePageState();
  const query = useThreads(namespace, search);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  const threads = useMemo(() => query.data?.pages.flatMap((page) => page.threads) ?? [], [query.data]);
  const container = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: threads.length,
    getScrollElement: () => container.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
  });
  const last = list.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    const canLoad = hasNextPage && !isFetchingNextPage && !isFetchNextPageError;
    if (canLoad && last >= threads.length - AHEAD) void fetchNextPage();
  }, [last, threads.length, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  useListKeys(threads, list, container, selected);

  if (query.isPending) return <Loading label="Loading conversations" />;
  const failure = isFetchNextPageError ? undefined : failureOf(query);
  if (failure !== undefined) return <Failure error={failure} retry={() => void query.refetch()} />;
  return (
    <div className="thread-list" ref={container}>
      {query.error !== null && !isFetchNextPageError && (
        <StaleNote text={NOT_CURRENT} error={query.error} retry={() => void query.refetch()} />
      )}
      {threads.length === 0 && <NoThreads isSearch={search !== ""} />}
      <Rows threads={threads} list={list} isWhole={!hasNextPage} selected={selected} />
      {isFetchingNextPage && <p className="list-end">Loading more…</p>}
      {isFetchNextPageError && !isFetchingNextPage && (
        <StaleNote text="The list continues." error={query.error} retry={() => void fetchNextPage()} />
      )}
    </div>
  );
}

interface RowsProperties {
  readonly threads: readonly ListedThread[];
  readonly list: List;
  /** Whether all threads are loaded, so that their number is known. */
  readonly isWhole: boolean;
  readonly selected: string | undefined;
}

function Rows({ threads, list, isWhole, selected }: RowsProperties): ReactNode {
  return (
    <ul className="virtual" aria-label="Conversations" style={{ height: `${list.getTotalSize()}px` }}>
      {list.getVirtualItems().map(({ index, start }) => {
        const thread = threads[index];
        return (
          thread && (
            <li
              key={thread.id}
              aria-setsize={isWhole ? threads.length : -1}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${start}px)` }}
            >
              <ThreadRow thread={thread} index={index} isSelected={thread.id === selected} />
            </li>
          )
        );
      })}
    </ul>
  );
}

function NoThreads({ isSearch }: { readonly isSearch: boolean }): ReactNode {
  return (
    <Empty
      title={isSearch ? "No conversation matches" : "No conversations here"}
      icon={<Inbox className="state-icon" aria-hidden />}
    >
      <p>
        {isSearch
          ? "The search compares the beginning of ids, and whole values of metadata."
          : "Threads that are saved in this namespace appear in this list."}
      </p>
    </Empty>
  );
}

function isInList(): boolean {
  return document.activeElement?.closest(".thread-list") instanceof HTMLElement;
}

/** Moves the focus through the list, also over rows that are not in the document. */
function useListKeys(
  threads: readonly ListedThread[],
  list: List,
  container: { readonly current: HTMLDivElement | null },
  selected: string | undefined,
): void {
  const move = (step: number) => {
    const focused = document.activeElement?.closest<HTMLElement>(".thread-row")?.dataset["index"];
    const from = focused === undefined ? threads.findIndex(({ id }) => id === selected) : Number(focused);
    const index = Math.min(threads.length - 1, Math.max(0, from === -1 ? 0 : from + step));
    if (threads.length === 0) return;
    list.scrollToIndex(index, { align: "auto" });
    requestAnimationFrame(() => {
      container.current?.querySelector<HTMLElement>(`.thread-row[data-index="${index}"]`)?.focus();
    });
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if (!isInList() || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    };
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  });
}
