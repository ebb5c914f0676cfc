import { Bot, CircleUserRound, Link2, Settings2, Wrench } from "lucide-react";
import { memo, type ReactNode } from "react";
import type { Entry } from "../api/types.ts";
import { formatTime, visibleName } from "../shared/format.ts";
import { addressOf, currentState } from "../state/location.ts";
import { FileView } from "./file-view.tsx";
import { FindingNotes } from "./finding-note.tsx";
import { ImageView } from "./image-view.tsx";
import { MessageText } from "./message-text.tsx";
import { Reasoning } from "./reasoning.tsx";
import type { Row } from "./rows.ts";
import { ToolCall, ToolResult } from "./tool-call.tsx";
import { Value } from "./value.tsx";

const ICONS: Readonly<Record<string, typeof Bot>> = {
  user: CircleUserRound,
  assistant: Bot,
  system: Settings2,
  developer: Settings2,
  tool: Wrench,
};

interface RowViewProperties {
  readonly row: Row;
  readonly position: number;
  readonly count: number;
  readonly isCurrent: boolean;
}

export const RowView: (properties: RowViewProperties) => ReactNode = memo(function RowView({
  row,
  position,
  count,
  isCurrent,
}: RowViewProperties): ReactNode {
  const { entry, isFirst, findings } = row;
  const Icon = (Object.hasOwn(ICONS, entry.role) ? ICONS[entry.role] : undefined) ?? Bot;
  return (
    <article
      className="row"
      data-role={Object.hasOwn(ICONS, entry.role) ? entry.role : "other"}
      data-kind={entry.kind}
      data-first={isFirst}
      data-current={isCurrent}
      aria-posinset={position}
      aria-setsize={count}
      aria-label={`${visibleName(entry.role)}, ${entry.kind}`}
    >
      {isFirst && (
        <header className="row-header">
          <span className="avatar" aria-hidden>
            <Icon />
          </span>
          <bdi className="role">{visibleName(entry.role === "" ? "unknown" : entry.role)}</bdi>
          {entry.createdAt !== undefined && (
            <time dateTime={entry.createdAt}>{formatTime(entry.createdAt)}</time>
          )}
          <a
            className="row-link"
            href={addressOf({ ...currentState(), at: entry.path })}
            aria-label={`Link to message ${entry.index + 1}`}
          >
            <Link2 aria-hidden />
            {entry.index + 1}
          </a>
        </header>
      )}
      <div className="row-body">
        <Part row={row} entry={entry} />
        <FindingNotes findings={findings} />
      </div>
    </article>
  );
});

function Part({ row, entry }: { readonly row: Row; readonly entry: Entry }): ReactNode {
  switch (entry.kind) {
    case "text":
      return <MessageText text={entry.text} id={entry.path} />;
    case "reasoning":
      return <Reasoning entry={entry} />;
    case "call":
      return <ToolCall call={entry} result={row.result} />;
    case "result":
      return <ToolResult result={entry} isAlone />;
    case "image":
      return <ImageView image={entry} />;
    case "file":
      return <FileView file={entry} />;
    default:
      return (
        <div className="card">
          <div className="card-header">
            <code>{visibleName(entry.type)}</code>
          </div>
          <Value value={entry.json} id={entry.path} />
        </div>
      );
  }
}
