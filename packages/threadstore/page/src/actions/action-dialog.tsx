import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useQueryClient } from "@tanstack/react-query";
import { CircleAlert, RotateCw } from "lucide-react";
import type { FormEvent, ReactNode } from "react";
import { ApiError } from "../api/client.ts";
import { WithCode } from "../shared/states.tsx";

interface ActionDialogProperties {
  readonly title: string;
  readonly description: ReactNode;
  readonly children?: ReactNode;
  readonly confirmLabel: string;
  readonly tone?: "danger" | "primary";
  readonly canConfirm: boolean;
  readonly isPending: boolean;
  readonly error: Error | null;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** A change and its confirmation. Nothing is sent before the user confirms. */
export function ActionDialog(properties: ActionDialogProperties): ReactNode {
  const {
    title,
    description,
    children,
    confirmLabel,
    tone = "primary",
    canConfirm,
    isPending,
    error,
  } = properties;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (canConfirm && !isPending) properties.onConfirm();
  };
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && properties.onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="backdrop" />
        <AlertDialog.Popup className="dialog">
          <form onSubmit={submit}>
            <AlertDialog.Title className="dialog-title">{title}</AlertDialog.Title>
            <AlertDialog.Description className="dialog-description" render={<div />}>
              {description}
            </AlertDialog.Description>
            {children}
            {error !== null && <ActionFailure error={error} onReload={properties.onClose} />}
            <div className="dialog-buttons">
              <AlertDialog.Close className="button">Cancel</AlertDialog.Close>
              <button type="submit" className="button" data-tone={tone} disabled={!canConfirm || isPending}>
                {isPending ? "Working…" : confirmLabel}
              </button>
            </div>
          </form>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

/** A failure of a change. After a conflict, the user must see the new version before a second attempt. */
function ActionFailure({
  error,
  onReload,
}: {
  readonly error: Error;
  readonly onReload: () => void;
}): ReactNode {
  const queries = useQueryClient();
  const isConflict = error instanceof ApiError && error.isConflict;
  const reload = () => {
    void queries.invalidateQueries();
    onReload();
  };
  return (
    <div className="note" data-tone="danger" role="alert">
      <CircleAlert aria-hidden />
      <p>
        {isConflict ? (
          "The thread was changed in the meantime. Nothing was written."
        ) : (
          <WithCode text={error.message} />
        )}
        {error instanceof ApiError && <code className="code-chip">{error.code}</code>}
      </p>
      {isConflict && (
        <button type="button" className="button small" onClick={reload}>
          <RotateCw aria-hidden /> Load again
        </button>
      )}
    </div>
  );
}
