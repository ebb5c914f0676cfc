import type { UseQueryResult } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { ApiError } from "../api/client.ts";
import { failureOf, type ThreadKey, useConversation } from "../api/queries.ts";
import type { Conversation, Session } from "../api/types.ts";
import { ConversationView } from "../conversation/conversation-view.tsx";
import { loadMarkdown } from "../conversation/message-text.tsx";
import { Failure, Loading, StaleNote } from "../shared/states.tsx";
import { navigate, usePageState } from "../state/location.ts";
import { ThreadHeader } from "./thread-header.tsx";
import { VersionNote } from "./version-note.tsx";

// Each view is loaded when it is first opened.
const RawView = lazy(async () => ({ default: (await import("../raw/raw-view.tsx")).RawView }));
const VersionsView = lazy(async () => ({
  default: (await import("../history/versions-view.tsx")).VersionsView,
}));
const GrowthView = lazy(async () => ({ default: (await import("../growth/growth-view.tsx")).GrowthView }));
const DetailsView = lazy(async () => ({
  default: (await import("../details/details-view.tsx")).DetailsView,
}));

interface ThreadPaneProperties {
  readonly threadKey: ThreadKey;
  readonly session: Session;
}

/** The open thread: its header, and one of the views. */
export function ThreadPane({ threadKey, session }: ThreadPaneProperties): ReactNode {
  const { version } = usePageState();
  const conversation = useConversation(threadKey, version);
  useEffect(() => void loadMarkdown(), []);
  return (
    <article className="thread" aria-label="Thread">
      <ThreadHeader threadKey={threadKey} session={session} conversation={conversation.data} />
      {version !== undefined && <VersionNote version={version} />}
      {conversation.error !== null && failureOf(conversation) === undefined && (
        <StaleNote
          text="The conversation may be outdated."
          error={conversation.error}
          retry={() => void conversation.refetch()}
        />
      )}
      <div className="view" id="view" role="tabpanel" aria-labelledby="tab-current">
        <Suspense fallback={<Loading label="Loading" />}>
          <CurrentView threadKey={threadKey} session={session} conversation={conversation} />
        </Suspense>
      </div>
    </article>
  );
}

interface CurrentViewProperties extends ThreadPaneProperties {
  readonly conversation: UseQueryResult<Conversation>;
}

function CurrentView({ threadKey, session, conversation }: CurrentViewProperties): ReactNode {
  const state = usePageState();
  if (state.view === "raw") return <RawView threadKey={threadKey} />;
  if (state.view === "versions") return <VersionsView threadKey={threadKey} session={session} />;
  if (conversation.isPending) return <Loading label="Loading the conversation" />;
  const failure = failureOf(conversation);
  if (failure !== undefined || conversation.data === undefined) {
    const error = failure ?? new Error("The conversation is missing.");
    return <ThreadFailure error={error} retry={() => void conversation.refetch()} />;
  }
  const { data } = conversation;
  if (state.view === "growth") {
    return <GrowthView threadKey={threadKey} session={session} conversation={data} />;
  }
  if (state.view === "details") return <DetailsView threadKey={threadKey} conversation={data} />;
  return <ConversationView conversation={data} onRaw={() => navigate({ ...state, view: "raw" })} />;
}

function ThreadFailure({ error, retry }: { readonly error: Error; readonly retry: () => void }): ReactNode {
  const isCorrupt = error instanceof ApiError && error.code === "CORRUPT";
  if (!isCorrupt) return <Failure error={error} retry={retry} />;
  return (
    <Failure
      error={error}
      detail="The stored record is truncated, altered, or stored for another thread. The store keeps it until it is erased or replaced: restore the thread from a backup."
      retry={retry}
    />
  );
}
