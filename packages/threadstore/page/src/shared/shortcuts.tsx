import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";

const SHORTCUTS: readonly (readonly [keys: readonly string[], meaning: string])[] = [
  [["j", "k"], "Next or previous conversation"],
  [["Enter"], "Open the selected conversation"],
  [["Escape"], "Back to the list"],
  [["/"], "Search conversations"],
  [["1", "–", "5"], "Conversation, JSON, versions, growth, details"],
  [["n", "p"], "Next or previous finding"],
  [["g", "G"], "First or last message"],
  [["r"], "Load again"],
  [["?"], "This overview"],
];

export function Shortcuts({ onClose }: { readonly onClose: () => void }): ReactNode {
  return (
    <Dialog.Root open onOpenChange={onClose}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog">
          <Dialog.Title className="dialog-title">Keyboard</Dialog.Title>
          <dl className="shortcuts">
            {SHORTCUTS.map(([keys, meaning]) => (
              <div key={meaning}>
                <dt>
                  {keys.map((key) => (key === "–" ? <span key={key}>–</span> : <kbd key={key}>{key}</kbd>))}
                </dt>
                <dd>{meaning}</dd>
              </div>
            ))}
          </dl>
          <Dialog.Close className="icon-button dialog-close" aria-label="Close">
            <X aria-hidden />
          </Dialog.Close>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
