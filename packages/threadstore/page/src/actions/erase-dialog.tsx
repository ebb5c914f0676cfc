import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { callApi, threadPath } from "../api/client.ts";
import type { ThreadKey } from "../api/queries.ts";
import { visible } from "../shared/format.ts";
import { currentState, navigate, openedThread } from "../state/location.ts";
import { ActionDialog } from "./action-dialog.tsx";

interface EraseThreadProperties {
  readonly threadKey: ThreadKey;
  readonly version: string;
  readonly onClose: () => void;
}

/** Erases a thread after the user has typed its id. */
export function EraseThread({ threadKey, version, onClose }: EraseThreadProperties): ReactNode {
  const { namespace, id } = threadKey;
  return (
    <EraseDialog
      title="Erase the thread"
      name={id}
      what="The thread and its versions are deleted. This cannot be undone."
      isErased={(key) => key.namespace === namespace && key.id === id}
      erase={async () => {
        await callApi(threadPath(id), { namespace, method: "DELETE", version });
      }}
      onErased={() => navigate(openedThread(currentState(), undefined))}
      onClose={onClose}
    />
  );
}

/** Erases a namespace, with all namespaces in it, after the user has typed its name. */
export function EraseNamespace({
  namespace,
  onClose,
}: {
  readonly namespace: string;
  readonly onClose: () => void;
}): ReactNode {
  return (
    <EraseDialog
      title="Erase the namespace"
      name={namespace}
      what="All threads in the namespace, and in all namespaces in it, are deleted. This cannot be undone."
      isErased={(key) => key.namespace === namespace || key.namespace.startsWith(`${namespace}/`)}
      erase={async () => {
        await callApi("namespaces", { namespace, method: "DELETE" });
      }}
      onErased={() => {
        const parent = namespace.split("/").slice(0, -1).join("/");
        navigate({ ...openedThread(currentState(), undefined), namespace: parent, search: "" });
      }}
      onClose={onClose}
    />
  );
}

interface EraseDialogProperties {
  readonly title: string;
  readonly name: string;
  readonly what: string;
  /** Whether a thread that the page has loaded no longer exists. */
  readonly isErased: (key: ThreadKey) => boolean;
  readonly erase: () => Promise<void>;
  readonly onErased: () => void;
  readonly onClose: () => void;
}

function EraseDialog(properties: EraseDialogProperties): ReactNode {
  const { title, name, what, isErased, erase, onErased, onClose } = properties;
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const action = useMutation({
    mutationFn: erase,
    onSuccess: async () => {
      onClose();
      onErased();
      // Otherwise, the back button of the browser would show the erased content.
      queries.removeQueries({
        predicate: ({ queryKey: [kind, namespace, id] }) =>
          kind === "thread" && isErased({ namespace: String(namespace), id: String(id) }),
      });
      await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "thread" });
    },
  });
  return (
    <ActionDialog
      title={title}
      description={what}
      confirmLabel="Erase"
      tone="danger"
      canConfirm={typed === visible(name)}
      isPending={action.isPending}
      error={action.error}
      onConfirm={() => action.mutate()}
      onClose={onClose}
    >
      <label className="field">
        <span>
          To confirm, type <bdi className="mono strong">{visible(name)}</bdi>
        </span>
        <input
          type="text"
          className="mono"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
    </ActionDialog>
  );
}
