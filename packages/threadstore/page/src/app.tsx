import { CSPProvider } from "@base-ui/react/csp-provider";
import { lazy, type ReactNode, Suspense, useRef, useState } from "react";
import { ApiError } from "./api/client.ts";
import { failureOf, useSession } from "./api/queries.ts";
import { Failure, Loading } from "./shared/states.tsx";
import { Sidebar } from "./sidebar/sidebar.tsx";
import { useKeys } from "./state/keyboard.ts";
import { navigate, openedThread, usePageState, VIEWS } from "./state/location.ts";
import { ThreadPane } from "./thread/thread-pane.tsx";
import { Welcome } from "./thread/welcome.tsx";

const Shortcuts = lazy(async () => ({ default: (await import("./shared/shortcuts.tsx")).Shortcuts }));

export function App(): ReactNode {
  const session = useSession();
  const state = usePageState();
  const search = useRef<HTMLInputElement>(null);
  const [help, setHelp] = useState(false);
  useKeys({
    "/": () => search.current?.focus(),
    "?": () => setHelp(true),
    Escape: () => navigate(openedThread(state, undefined)),
    ...Object.fromEntries(
      VIEWS.map((view, index) => [
        String(index + 1),
        () => state.thread !== undefined && navigate({ ...state, view }),
      ]),
    ),
  });

  if (session.isPending) return <Loading label="Opening the store" />;
  const failure = failureOf(session);
  if (failure !== undefined || session.data === undefined) {
    const error = failure ?? new Error("The store is missing.");
    return <SessionFailure error={error} retry={() => void session.refetch()} />;
  }
  const key = state.thread === undefined ? undefined : { namespace: state.namespace, id: state.thread };
  return (
    <CSPProvider disableStyleElements>
      <div className="app" data-open={key === undefined ? "list" : "thread"}>
        <Sidebar session={session.data} search={search} onHelp={() => setHelp(true)} />
        <main className="main" id="main" tabIndex={-1}>
          {key === undefined ? (
            <Welcome session={session.data} />
          ) : (
            <ThreadPane key={`${key.namespace}\n${key.id}`} threadKey={key} session={session.data} />
          )}
        </main>
      </div>
      <Suspense>{help && <Shortcuts onClose={() => setHelp(false)} />}</Suspense>
    </CSPProvider>
  );
}

function SessionFailure({ error, retry }: { readonly error: Error; readonly retry: () => void }): ReactNode {
  const isLocked = error instanceof ApiError && (error.status === 401 || error.status === 403);
  if (!isLocked) return <Failure error={error} retry={retry} />;
  return (
    <Failure
      error={error}
      title="This page needs its token"
      detail="Open the address that `threadstore serve` printed. It contains a new token each time the command starts."
      retry={retry}
    />
  );
}
