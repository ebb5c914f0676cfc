import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { callJson, threadPath } from "../api/client.ts";
import type { ThreadKey } from "../api/queries.ts";
import type { Repair, RepairPolicy } from "../api/types.ts";
import { FindingText } from "../conversation/finding-note.tsx";
import { formatCount, visible } from "../shared/format.ts";
import { ActionDialog } from "./action-dialog.tsx";

interface RepairDialogProperties {
  readonly threadKey: ThreadKey;
  readonly version: string;
  readonly write: boolean;
  readonly onClose: () => void;
}

const POLICIES: readonly (readonly [policy: RepairPolicy, label: string])[] = [
  ["synthesize", "Answer calls without a result: they were interrupted"],
  ["drop", "Remove calls without a result"],
];

/** Shows what a repair would change, and repairs after a confirmation. */
export function RepairDialog({ threadKey, version, write, onClose }: RepairDialogProperties): ReactNode {
  const { namespace, id } = threadKey;
  const queries = useQueryClient();
  const [policy, setPolicy] = useState<RepairPolicy>("synthesize");
  const preview = useQuery({
    queryKey: ["thread", namespace, id, "repair", policy, version],
    queryFn: ({ signal }) =>
      callJson<Repair>(threadPath(id, "repair"), { namespace, signal, query: { policy } }),
    staleTime: 0,
  });
  const repair = useMutation({
    mutationFn: () =>
      callJson<Repair>(threadPath(id, "repair"), { namespace, method: "POST", body: { policy }, version }),
    onSuccess: async () => {
      await queries.invalidateQueries();
      onClose();
    },
  });
  const changes = preview.data?.changes ?? [];
  return (
    <ActionDialog
      title="Repair the thread"
      description={
        write
          ? "These changes make the thread acceptable for providers. Nothing is written before you confirm."
          : "These are the changes that a repair would make. The viewer is read-only, so it cannot write them."
      }
      confirmLabel={changes.length === 0 ? "Repair" : `Repair ${formatCount(changes.length, "fault")}`}
      canConfirm={write && changes.length > 0}
      isPending={repair.isPending}
      error={repair.error ?? preview.error}
      onConfirm={() => repair.mutate()}
      onClose={onClose}
    >
      <fieldset className="choices">
        <legend>Policy</legend>
        {POLICIES.map(([name, label]) => (
          <label key={name}>
            <input type="radio" name="policy" checked={policy === name} onChange={() => setPolicy(name)} />
            {label}
          </label>
        ))}
      </fieldset>
      <Changes changes={changes} isPending={preview.isPending} />
    </ActionDialog>
  );
}

const MOST_CHANGES = 200;

function Changes({
  changes,
  isPending,
}: {
  readonly changes: Repair["changes"];
  readonly isPending: boolean;
}): ReactNode {
  if (isPending) return <p className="quiet">Reading the thread…</p>;
  if (changes.length === 0) return <p className="quiet">There is nothing to repair.</p>;
  const more = changes.length - MOST_CHANGES;
  return (
    <ol className="changes" tabIndex={0} aria-label="Changes">
      {changes.slice(0, MOST_CHANGES).map(({ code, path, ...texts }, index) => (
        // Two changes can be equal.
        <li key={`${index} ${path}`}>
          <FindingText {...texts} />
          <p className="finding-place">
            <code>{visible(code)}</code> <code>{visible(path)}</code>
          </p>
        </li>
      ))}
      {more > 0 && <li className="quiet">And {formatCount(more, "more change")}.</li>}
    </ol>
  );
}
