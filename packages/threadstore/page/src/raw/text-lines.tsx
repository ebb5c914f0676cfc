import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { JsonText } from "../shared/json-text.tsx";
import { rowAt, type TextRow, wrapText } from "./text-rows.ts";

const ROW_HEIGHT = 20;
const GUTTER_PX = 84;
const NARROWEST = 24;

interface Mark {
  readonly start: number;
  readonly end: number;
}

interface TextLinesProperties {
  readonly text: string;
  /** A part of the text that is marked, and scrolled to. */
  readonly mark: Mark | undefined;
  /** Whether each line has at most one member or value, so that only strings continue in further rows. */
  readonly isFormatted: boolean;
}

/** A text of any size, with line numbers. Only the visible rows are in the document. */
export function TextLines({ text, mark, isFormatted }: TextLinesProperties): ReactNode {
  const container = useRef<HTMLDivElement>(null);
  const columns = useColumns(container);
  const rows = useMemo(() => wrapText(text, columns), [text, columns]);
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => container.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const marked = mark === undefined ? undefined : rowAt(rows, mark.start);
  useEffect(() => {
    if (marked !== undefined) list.scrollToIndex(marked, { align: "center" });
  }, [list, marked]);
  return (
    <div className="text-lines" ref={container} tabIndex={0} role="region" aria-label="Stored text">
      <div className="virtual" style={{ height: `${list.getTotalSize()}px` }}>
        {list.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          return (
            row && (
              <div key={index} className="text-row" style={{ transform: `translateY(${start}px)` }}>
                <span className="line-number" aria-hidden>
                  {row.line}
                </span>
                <code>
                  <RowText text={text} row={row} mark={mark} isFormatted={isFormatted} />
                </code>
              </div>
            )
          );
        })}
      </div>
    </div>
  );
}

interface RowTextProperties extends TextLinesProperties {
  readonly row: TextRow;
}

function RowText({ text, row, mark, isFormatted }: RowTextProperties): ReactNode {
  const start = Math.max(row.start, mark?.start ?? Infinity);
  const end = Math.min(row.end, mark?.end ?? -Infinity);
  if (start < end) {
    return (
      <>
        {text.slice(row.start, start)}
        <mark>{text.slice(start, end)}</mark>
        {text.slice(end, row.end)}
      </>
    );
  }
  const part = text.slice(row.start, row.end);
  if (!isFormatted) return part;
  return row.line === undefined ? <span className="json-string">{part}</span> : <JsonText text={part} />;
}

/** How many characters fit into a row. */
function useColumns(container: RefObject<HTMLDivElement | null>): number {
  const [columns, setColumns] = useState(100);
  useLayoutEffect(() => {
    const element = container.current;
    if (element === null) return undefined;
    const measure = () => {
      const sample = document.createElement("code");
      sample.textContent = "0".repeat(100);
      sample.className = "text-sample";
      element.append(sample);
      const width = sample.getBoundingClientRect().width / 100;
      sample.remove();
      const available = element.clientWidth - GUTTER_PX;
      if (width > 0) setColumns(Math.max(NARROWEST, Math.floor(available / width)));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    // The font may arrive after the first layout.
    void document.fonts.ready.then(measure);
    return () => observer.disconnect();
  }, [container]);
  return columns;
}
