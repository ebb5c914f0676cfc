import { useVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import { MessageSquareDashed } from "lucide-react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import type { Conversation } from "../api/types.ts";
import { Empty } from "../shared/states.tsx";
import { useKeys } from "../state/keyboard.ts";
import { usePageState } from "../state/location.ts";
import { Banners } from "./banners.tsx";
import { OpenStates } from "./open-states.ts";
import { usePreparedRows } from "./prepare-rows.ts";
import { RowView } from "./row-view.tsx";
import { arrangeRows, estimateHeight, type Row } from "./rows.ts";

interface ConversationViewProperties {
  readonly conversation: Conversation;
  readonly onRaw: () => void;
}

/** The messages of a thread, with findings and the open turn. Only the visible rows are in the document. */
export function ConversationView({ conversation, onRaw }: ConversationViewProperties): ReactNode {
  const arranged = useMemo(() => arrangeRows(conversation), [conversation]);
  const { rows, flagged } = arranged;
  const openStates = useMemo(() => new Map<string, number>(), []);
  const { container, list } = useRows(rows);
  const [current, show] = useCurrentRow(rows, list);
  const step = (direction: 1 | -1) => {
    const next =
      direction === 1
        ? flagged.find((index) => index > (current ?? -1))
        : flagged.findLast((index) => index < (current ?? rows.length));
    const target = next ?? (direction === 1 ? flagged[0] : flagged.at(-1));
    if (target !== undefined) show(target);
  };
  useKeys({
    n: () => step(1),
    p: () => step(-1),
    g: () => list.scrollToIndex(0),
    G: () => list.scrollToIndex(rows.length - 1, { align: "end" }),
  });

  return (
    <OpenStates value={openStates}>
      <Banners conversation={conversation} arranged={arranged} current={current} step={step} />
      <section className="messages" ref={container} tabIndex={0} aria-label="Messages">
        {rows.length === 0 && <NoMessages onRaw={onRaw} />}
        <VirtualRows rows={rows} list={list} current={current} />
      </section>
    </OpenStates>
  );
}

type RowList = Virtualizer<HTMLElement, Element>;

interface VirtualRowsProperties {
  readonly rows: readonly Row[];
  readonly list: RowList;
  readonly current: number | undefined;
}

function VirtualRows({ rows, list, current }: VirtualRowsProperties): ReactNode {
  const mounted = list.getVirtualItems();
  usePreparedRows(rows, mounted);
  return (
    <div className="virtual" role="feed" aria-label="Messages" style={{ height: `${list.getTotalSize()}px` }}>
      {mounted.map(({ index, start }) => {
        const row = rows[index];
        return (
          row && (
            <div
              key={index}
              ref={list.measureElement}
              data-index={index}
              className="row-position"
              style={{ transform: `translateY(${start}px)` }}
            >
              <RowView row={row} position={index + 1} count={rows.length} isCurrent={index === current} />
            </div>
          )
        );
      })}
    </div>
  );
}

/** The row that is marked: the one in the address, until the user goes to a finding. */
function useCurrentRow(
  rows: readonly Row[],
  list: RowList,
): readonly [current: number | undefined, show: (index: number) => void] {
  const { at } = usePageState();
  const linked = at === undefined ? -1 : rows.findIndex(({ entry }) => entry.path === at);
  const [chosen, setChosen] = useState<{ readonly at: string | undefined; readonly index: number }>();
  const current =
    chosen !== undefined && chosen.at === at ? chosen.index : linked === -1 ? undefined : linked;
  useEffect(() => {
    if (linked !== -1) list.scrollToIndex(linked, { align: "center" });
  }, [list, linked]);
  const show = (index: number) => {
    setChosen({ at, index });
    list.scrollToIndex(index, { align: "center" });
  };
  return [current, show];
}

function useRows(rows: readonly Row[]) {
  const container = useRef<HTMLElement>(null);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => container.current,
    estimateSize: (index) => {
      const row = rows[index];
      return row === undefined ? 0 : estimateHeight(row);
    },
    overscan: 5,
    paddingStart: 8,
    paddingEnd: 48,
  });
  return { container, list };
}

function NoMessages({ onRaw }: { readonly onRaw: () => void }): ReactNode {
  return (
    <Empty title="No messages" icon={<MessageSquareDashed className="state-icon" aria-hidden />}>
      <p>The thread has no messages, or the viewer does not know its form.</p>
      <button type="button" className="button" onClick={onRaw}>
        Show the raw JSON
      </button>
    </Empty>
  );
}
