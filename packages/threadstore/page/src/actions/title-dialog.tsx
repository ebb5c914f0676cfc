import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { callApi, threadPath } from "../api/client.ts";
import type { ThreadKey } from "../api/queries.ts";
import type { ThreadSummary } from "../api/types.ts";
import { ActionDialog } from "./action-dialog.tsx";

interface TitleDialogProperties {
  readonly threadKey: ThreadKey;
  readonly summary: ThreadSummary;
  readonly onClose: () => void;
}

/** Renames a thread, and moves it to the archive or out of it. */
export function TitleDialog({ threadKey, summary, onClose }: TitleDialogProperties): ReactNode {
  const { namespace, id } = threadKey;
  const queries = useQueryClient();
  const [title, setTitle] = useState(summary.title ?? "");
  const [archived, setArchived] = useState(summary.archived === true);
  const update = useMutation({
    mutationFn: () => {
      const body = { title: title === "" ? null : title, archived };
      return callApi(threadPath(id), { namespace, method: "PATCH", body, version: summary.version });
    },
    onSuccess: async () => {
      await queries.invalidateQueries();
      onClose();
    },
  });
  const isChanged = title !== (summary.title ?? "") || archived !== (summary.archived === true);
  return (
    <ActionDialog
      title="Title and archive"
      description="Lists show the title instead of the id. The conversation itself stays as it is."
      confirmLabel="Save"
      canConfirm={isChanged}
      isPending={update.isPending}
      error={update.error}
      onConfirm={() => update.mutate()}
      onClose={onClose}
    >
      <label className="field">
        Title
        <input
          type="text"
          autoComplete="off"
          placeholder="No title"
          value={title}
          onChange={(event) => setTitle(event.target.value)}
        />
      </label>
      <fieldset className="choices">
        <label>
          <input type="checkbox" checked={archived} onChange={(event) => setArchived(event.target.checked)} />
          Archived
        </label>
      </fieldset>
    </ActionDialog>
  );
}
