import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { callJson, threadPath } from "../api/client.ts";
import type { ThreadKey } from "../api/queries.ts";
import type { ThreadSummary } from "../api/types.ts";
import { visible } from "../shared/format.ts";
import { currentState, navigate, openedThread } from "../state/location.ts";
import { ActionDialog } from "./action-dialog.tsx";

interface ForkDialogProperties {
  readonly threadKey: ThreadKey;
  readonly version: string;
  /** The older version that the page shows, if it is not the latest one. */
  readonly shown: string | undefined;
  readonly onClose: () => void;
}

/** Copies the thread, or one of its versions, and opens the copy. */
export function ForkDialog({ threadKey, version, shown, onClose }: ForkDialogProperties): ReactNode {
  const { namespace, id } = threadKey;
  const queries = useQueryClient();
  const [newId, setNewId] = useState("");
  const fork = useMutation({
    mutationFn: () => {
      const body = {
        ...(newId === "" ? {} : { id: newId }),
        ...(shown === undefined ? {} : { version: shown }),
      };
      return callJson<ThreadSummary>(threadPath(id, "fork"), { namespace, method: "POST", body, version });
    },
    onSuccess: async (copy) => {
      await queries.invalidateQueries();
      onClose();
      navigate({ ...openedThread(currentState(), copy.id), view: "conversation" });
    },
  });
  return (
    <ActionDialog
      title={shown === undefined ? "Fork the thread" : "Fork this version"}
      description={
        <>
          Creates a copy of <bdi className="mono">{visible(id)}</bdi>, which stays as it is.
        </>
      }
      confirmLabel="Fork"
      canConfirm
      isPending={fork.isPending}
      error={fork.error}
      onConfirm={() => fork.mutate()}
      onClose={onClose}
    >
      <label className="field">
        Id of the copy
        <input
          type="text"
          className="mono"
          autoComplete="off"
          spellCheck={false}
          placeholder="A random id"
          value={newId}
          onChange={(event) => setNewId(event.target.value)}
        />
      </label>
    </ActionDialog>
  );
}
