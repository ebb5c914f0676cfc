import { Collapsible } from "@base-ui/react/collapsible";
import { Brain, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import type { TextEntry } from "../api/types.ts";
import { formatBytes } from "../shared/format.ts";
import { MessageText } from "./message-text.tsx";
import { useOpenState } from "./open-states.ts";

/** The reasoning of the model, closed until the user opens it. */
export function Reasoning({ entry }: { readonly entry: TextEntry }): ReactNode {
  const [open, setOpen] = useOpenState(`${entry.path} open`, 0);
  return (
    <Collapsible.Root className="reasoning" open={open === 1} onOpenChange={(next) => setOpen(next ? 1 : 0)}>
      <Collapsible.Trigger className="reasoning-trigger">
        <ChevronRight aria-hidden className="chevron" />
        <Brain aria-hidden />
        Reasoning <span className="quiet">{formatBytes(entry.text.length)}</span>
      </Collapsible.Trigger>
      <Collapsible.Panel className="reasoning-panel">
        <MessageText text={entry.text} id={entry.path} />
      </Collapsible.Panel>
    </Collapsible.Root>
  );
}
