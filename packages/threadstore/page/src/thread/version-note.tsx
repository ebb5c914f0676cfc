import { History } from "lucide-react";
import type { ReactNode } from "react";
import { navigate, usePageState } from "../state/location.ts";

/** Says that the page shows an older version of the thread. */
export function VersionNote({ version }: { readonly version: string }): ReactNode {
  const state = usePageState();
  return (
    <div className="note" data-tone="info">
      <History aria-hidden />
      <p>
        This is the version <code>{version}</code>.
      </p>
      <button
        type="button"
        className="button small"
        onClick={() => navigate({ ...state, version: undefined, at: undefined })}
      >
        Show the latest
      </button>
    </div>
  );
}
