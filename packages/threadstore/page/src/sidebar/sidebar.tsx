import { useQueryClient } from "@tanstack/react-query";
import { Keyboard, Lock, Monitor, Moon, PencilLine, RotateCw, Sun } from "lucide-react";
import type { ReactNode, RefObject } from "react";
import type { Session } from "../api/types.ts";
import logo from "../logo.svg";
import { visible } from "../shared/format.ts";
import { useKeys } from "../state/keyboard.ts";
import { usePageState } from "../state/location.ts";
import { type Theme, useTheme } from "../state/theme.ts";
import { ListHeader } from "./list-header.tsx";
import { NamespaceTree } from "./namespace-tree.tsx";
import { SearchField } from "./search-field.tsx";
import { ThreadList } from "./thread-list.tsx";

interface SidebarProperties {
  readonly session: Session;
  readonly search: RefObject<HTMLInputElement | null>;
  readonly onHelp: () => void;
}

export function Sidebar({ session, search, onHelp }: SidebarProperties): ReactNode {
  // The heading of an open thread is that of the page.
  const Brand = usePageState().thread === undefined ? "h1" : "p";
  return (
    <aside className="sidebar" aria-label="Store">
      <header className="sidebar-header">
        <img src={logo} alt="" width="28" height="28" />
        <div className="sidebar-names">
          <Brand className="brand">ThreadStore</Brand>
          <p className="store" title={session.store}>
            <bdi>{visible(session.store)}</bdi>
          </p>
        </div>
        <SidebarButtons onHelp={onHelp} />
      </header>
      <NamespaceTree />
      <SearchField input={search} />
      <ListHeader session={session} />
      <ThreadList />
      <footer className="sidebar-footer">
        <span className="badge" data-tone={session.write ? "warning" : "neutral"}>
          {session.write ? <PencilLine aria-hidden /> : <Lock aria-hidden />}
          {session.write ? "Changes allowed" : "Read-only"}
        </span>
        <span>{session.version}</span>
      </footer>
    </aside>
  );
}

const ICONS: Readonly<Record<Theme, typeof Sun>> = { system: Monitor, light: Sun, dark: Moon };

function SidebarButtons({ onHelp }: { readonly onHelp: () => void }): ReactNode {
  const queries = useQueryClient();
  const [theme, nextTheme] = useTheme();
  const refresh = () => void queries.invalidateQueries();
  useKeys({ r: refresh });
  const ThemeIcon = ICONS[theme];
  return (
    <div className="sidebar-buttons">
      <button
        type="button"
        className="icon-button"
        aria-label="Load again"
        title="Load again (r)"
        onClick={refresh}
      >
        <RotateCw aria-hidden />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={`Theme: ${theme}`}
        title={`Theme: ${theme}`}
        onClick={nextTheme}
      >
        <ThemeIcon aria-hidden />
      </button>
      <button
        type="button"
        className="icon-button wide-only"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={onHelp}
      >
        <Keyboard aria-hidden />
      </button>
    </div>
  );
}
