import { MessagesSquare } from "lucide-react";
import type { ReactNode } from "react";
import type { Session } from "../api/types.ts";
import { Empty } from "../shared/states.tsx";

export function Welcome({ session }: { readonly session: Session }): ReactNode {
  return (
    <Empty title="Choose a conversation" icon={<MessagesSquare className="state-icon" aria-hidden />}>
      <p>
        {session.write
          ? "Conversations can be renamed, repaired, forked and erased here, each after a confirmation."
          : "Nothing is changed here: the viewer was started read-only."}
      </p>
      <p className="hints">
        <kbd>j</kbd> <kbd>k</kbd> move <kbd>/</kbd> search <kbd>?</kbd> all keys
      </p>
    </Empty>
  );
}
