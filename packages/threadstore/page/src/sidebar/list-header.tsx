import { Trash2 } from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
import type { Session } from "../api/types.ts";
import { visible } from "../shared/format.ts";
import { usePageState } from "../state/location.ts";

const EraseNamespace = lazy(async () => ({
  default: (await import("../actions/erase-dialog.tsx")).EraseNamespace,
}));

/** The name of the open namespace, and the button that erases it. A whole store is never erased here. */
export function ListHeader({ session }: { readonly session: Session }): ReactNode {
  const { namespace } = usePageState();
  const [erasing, setErasing] = useState(false);
  if (namespace === "") return null;
  return (
    <div className="list-header">
      <bdi className="mono">{visible(namespace)}</bdi>
      {session.write && (
        <button
          type="button"
          className="icon-button small"
          aria-label="Erase the namespace"
          title="Erase the namespace…"
          onClick={() => setErasing(true)}
        >
          <Trash2 aria-hidden />
        </button>
      )}
      <Suspense>
        {erasing && <EraseNamespace namespace={namespace} onClose={() => setErasing(false)} />}
      </Suspense>
    </div>
  );
}
