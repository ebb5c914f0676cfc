import { Archive, TriangleAlert } from "lucide-react";
import { memo, type MouseEvent, type ReactNode } from "react";
import type { ListedThread } from "../api/types.ts";
import { formatAge, formatBytes, formatTime, visible } from "../shared/format.ts";
import { addressOf, navigate, openedThread, usePageState } from "../state/location.ts";

interface ThreadRowProperties {
  readonly thread: ListedThread;
  readonly index: number;
  readonly isSelected: boolean;
}

/** A conversation of the list. It is a link, so that it opens in another tab, too. */
export const ThreadRow: (properties: ThreadRowProperties) => ReactNode = memo(function ThreadRow({
  thread,
  index,
  isSelected,
}: ThreadRowProperties): ReactNode {
  const state = usePageState();
  const target = openedThread(state, thread.id);
  const open = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(target);
  };
  return (
    <a
      className="thread-row"
      href={addressOf(target)}
      data-index={index}
      {...(isSelected ? { "aria-current": "page" as const } : {})}
      onClick={open}
    >
      {thread.corrupt === true ? <CorruptRow id={thread.id} /> : <WholeRow thread={thread} />}
    </a>
  );
});

function CorruptRow({ id }: { readonly id: string }): ReactNode {
  return (
    <>
      <bdi className="thread-title mono">{visible(id)}</bdi>
      <span className="thread-more" data-tone="danger">
        <TriangleAlert aria-hidden /> Corrupt
      </span>
    </>
  );
}

function WholeRow({
  thread,
}: {
  readonly thread: Exclude<ListedThread, { readonly corrupt: true }>;
}): ReactNode {
  const { id, title, archived, size, updatedAt } = thread;
  const named = title !== undefined && title !== "";
  return (
    <>
      <bdi className={named ? "thread-title" : "thread-title mono"}>{visible(named ? title : id)}</bdi>
      <time dateTime={updatedAt} title={formatTime(updatedAt)}>
        {formatAge(updatedAt)}
      </time>
      <span className="thread-more">
        {archived === true && <Archive aria-label="Archived" />}
        <bdi className={named ? "thread-id mono" : "thread-id"}>
          {named ? visible(id) : metadataLine(thread.metadata)}
        </bdi>
      </span>
      <span className="thread-size">{formatBytes(size)}</span>
    </>
  );
}

function metadataLine(metadata: Readonly<Record<string, string>> = {}): string {
  return Object.entries(metadata)
    .map(([key, value]) => visible(`${key}=${value}`))
    .join("  ");
}
