import { Menu } from "@base-ui/react/menu";
import { useQueryClient } from "@tanstack/react-query";
import { EllipsisVertical, GitFork, Hammer, PencilLine, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { EraseThread } from "../actions/erase-dialog.tsx";
import { ForkDialog } from "../actions/fork-dialog.tsx";
import { RepairDialog } from "../actions/repair-dialog.tsx";
import { TitleDialog } from "../actions/title-dialog.tsx";
import { type ThreadKey, useConversation } from "../api/queries.ts";
import type { Conversation, Session } from "../api/types.ts";
import { usePageState } from "../state/location.ts";
import { listedVersion } from "./listed-version.ts";

interface ThreadActionsProperties {
  readonly threadKey: ThreadKey;
  readonly session: Session;
  readonly conversation: Conversation | undefined;
}

type Action = "erase" | "fork" | "repair" | "title";

/** The menu of changes. A repair can be previewed even if the viewer is read-only. */
export function ThreadActions({ threadKey, session, conversation }: ThreadActionsProperties): ReactNode {
  const [action, setAction] = useState<Action>();
  const { version: shown } = usePageState();
  const queries = useQueryClient();
  // Changes name the latest version, even if the page shows an older one.
  const latest = useConversation(threadKey, undefined);
  const version = latest.data?.summary.version ?? listedVersion(queries, threadKey);
  const close = () => setAction(undefined);
  const { write } = session;
  const enabled: Readonly<Record<Action, boolean>> = {
    repair: latest.isSuccess && shown === undefined,
    title: write && latest.isSuccess && shown === undefined,
    fork: write && conversation !== undefined,
    erase: write && version !== undefined,
  };
  return (
    <>
      <ActionMenu enabled={enabled} write={write} onChoose={setAction} />
      {version !== undefined && action === "repair" && (
        <RepairDialog threadKey={threadKey} version={version} write={write} onClose={close} />
      )}
      {latest.data !== undefined && action === "title" && (
        <TitleDialog threadKey={threadKey} summary={latest.data.summary} onClose={close} />
      )}
      {version !== undefined && action === "fork" && (
        <ForkDialog threadKey={threadKey} version={version} shown={shown} onClose={close} />
      )}
      {version !== undefined && action === "erase" && (
        <EraseThread threadKey={threadKey} version={version} onClose={close} />
      )}
    </>
  );
}

const ITEMS = [
  { action: "repair", label: "Preview a repair…", icon: Hammer, tone: undefined },
  { action: "title", label: "Rename or archive…", icon: PencilLine, tone: undefined },
  { action: "fork", label: "Fork…", icon: GitFork, tone: undefined },
  { action: "erase", label: "Erase…", icon: Trash2, tone: "danger" },
] as const;

interface ActionMenuProperties {
  readonly enabled: Readonly<Record<Action, boolean>>;
  readonly write: boolean;
  readonly onChoose: (action: Action) => void;
}

function ActionMenu({ enabled, write, onChoose }: ActionMenuProperties): ReactNode {
  return (
    <Menu.Root>
      <Menu.Trigger className="icon-button" aria-label="Actions" title="Actions">
        <EllipsisVertical aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={4} className="menu-positioner">
          <Menu.Popup className="menu">
            {ITEMS.map(({ action, label, icon: Icon, tone }) => (
              <Menu.Item
                key={action}
                className="menu-item"
                data-tone={tone}
                disabled={!enabled[action]}
                onClick={() => onChoose(action)}
              >
                <Icon aria-hidden /> {label}
              </Menu.Item>
            ))}
            {!write && (
              <p className="menu-note">
                Read-only. Start <code>threadstore serve</code> with <code>--write</code> to allow changes.
              </p>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
