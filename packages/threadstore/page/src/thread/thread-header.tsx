import { Tabs } from "@base-ui/react/tabs";
import { ArrowLeft } from "lucide-react";
import { lazy, type ReactNode, Suspense } from "react";
import type { ThreadKey } from "../api/queries.ts";
import type { Conversation, Session } from "../api/types.ts";
import { CopyButton } from "../shared/copy-button.tsx";
import { formatAge, formatBytes, formatCount, formatTime, visible } from "../shared/format.ts";
import { navigate, openedThread, usePageState, type View, VIEWS } from "../state/location.ts";

// Menus and dialogs are a large part of the page, and the conversation does not need them.
const ThreadActions = lazy(async () => ({ default: (await import("./thread-actions.tsx")).ThreadActions }));

const LABELS: Readonly<Record<View, string>> = {
  conversation: "Conversation",
  raw: "JSON",
  versions: "Versions",
  growth: "Growth",
  details: "Details",
};

interface ThreadHeaderProperties {
  readonly threadKey: ThreadKey;
  readonly session: Session;
  readonly conversation: Conversation | undefined;
}

export function ThreadHeader({ threadKey, session, conversation }: ThreadHeaderProperties): ReactNode {
  const state = usePageState();
  const title = conversation?.summary.title;
  const named = title !== undefined && title !== "";
  return (
    <header className="thread-header">
      <div className="thread-heading">
        <button
          type="button"
          className="icon-button back"
          aria-label="Back to the list"
          onClick={() => navigate(openedThread(state, undefined))}
        >
          <ArrowLeft aria-hidden />
        </button>
        <div className="thread-names">
          <h1 className={named ? undefined : "mono"}>
            <bdi>{visible(named ? title : threadKey.id)}</bdi>
          </h1>
          <p className="thread-facts">
            {named && <bdi className="mono thread-id">{visible(threadKey.id)}</bdi>}
            <CopyButton text={threadKey.id} label="Copy the id" />
            {conversation !== undefined && <Facts conversation={conversation} />}
          </p>
        </div>
        <Suspense fallback={<span className="icon-button" />}>
          <ThreadActions threadKey={threadKey} session={session} conversation={conversation} />
        </Suspense>
      </div>
      <Tabs.Root
        value={state.view}
        onValueChange={(view: View) => navigate({ ...state, view })}
        className="tabs-root"
      >
        <Tabs.List className="tabs" activateOnFocus={false}>
          {VIEWS.map((view) => (
            <Tabs.Tab
              key={view}
              value={view}
              className="tab"
              {...(view === state.view ? { id: "tab-current", "aria-controls": "view" } : {})}
            >
              {LABELS[view]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs.Root>
    </header>
  );
}

function Facts({ conversation }: { readonly conversation: Conversation }): ReactNode {
  const { summary, entries, form } = conversation;
  const messages = (entries.at(-1)?.index ?? -1) + 1;
  return (
    <>
      <span>{formatBytes(summary.size)}</span>
      {messages > 0 && <span>{formatCount(messages, "message")}</span>}
      <time className="wide-only" dateTime={summary.updatedAt} title={formatTime(summary.updatedAt)}>
        saved {ageInWords(summary.updatedAt)}
      </time>
      {form !== null && <span className="badge wide-only">{form}</span>}
    </>
  );
}

function ageInWords(time: string): string {
  const age = formatAge(time);
  if (age === "now") return "just now";
  return /^\d+ (?:min|h|d)$/u.test(age) ? `${age} ago` : age;
}
