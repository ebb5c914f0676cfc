import { ChevronRight, Folder, House } from "lucide-react";
import {
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from "react";
import { useNamespaces } from "../api/queries.ts";
import { visible } from "../shared/format.ts";
import { navigate, openedThread, type PageState, usePageState } from "../state/location.ts";

/** The namespaces of the store as a tree, whose levels are loaded when they are opened. */
export function NamespaceTree(): ReactNode {
  const root = useNamespaces("", true);
  const isEmpty = root.isSuccess && root.data.pages.every(({ namespaces }) => namespaces.length === 0);
  const { namespace } = usePageState();
  if (isEmpty && namespace === "") return null;
  return (
    <nav className="namespaces" aria-label="Namespaces">
      {/* The elements are not native ones, so they get the keys of a tree here. */}
      <ul role="tree" aria-label="Namespaces" onKeyDown={moveFocus}>
        <Branch name="Root" namespace="" level={1} />
      </ul>
    </nav>
  );
}

interface BranchProperties {
  readonly name: string;
  readonly namespace: string;
  readonly level: number;
}

function contains(outer: string, inner: string): boolean {
  return outer === "" || inner.startsWith(`${outer}/`);
}

function select(state: PageState, namespace: string): void {
  navigate({ ...openedThread(state, undefined), namespace, search: "" });
}

/** Scrolls to an element when it is selected: the address can name a namespace below the visible part of the tree. */
function useVisible(isSelected: boolean): RefObject<HTMLDivElement | null> {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isSelected) element.current?.scrollIntoView({ block: "nearest" });
  }, [isSelected]);
  return element;
}

function Branch({ name, namespace, level }: BranchProperties): ReactNode {
  const state = usePageState();
  const isSelected = state.namespace === namespace;
  const [open, setOpen] = useState(contains(namespace, state.namespace));
  const children = useNamespaces(namespace, open);
  const pages = children.data?.pages.flatMap((page) => page.namespaces) ?? [];
  const hasChildren = !children.isSuccess || pages.length > 0;
  const toggle = (event: MouseEvent) => {
    event.stopPropagation();
    setOpen(!open);
  };
  const row = useVisible(isSelected);
  return (
    <li
      role="treeitem"
      aria-level={level}
      aria-selected={isSelected}
      {...(hasChildren ? { "aria-expanded": open } : {})}
      tabIndex={isSelected ? 0 : -1}
      data-toggle={hasChildren ? String(open) : undefined}
      onClick={(event) => {
        event.stopPropagation();
        select(state, namespace);
      }}
    >
      <div
        ref={row}
        className="namespace-row"
        data-selected={isSelected}
        style={{ paddingInlineStart: `${(level - 1) * 14}px` }}
      >
        <span className="namespace-toggle" data-hidden={!hasChildren} onClick={toggle} aria-hidden>
          <ChevronRight data-open={open} />
        </span>
        {namespace === "" ? <House aria-hidden /> : <Folder aria-hidden />}
        <bdi className="namespace-name">{visible(name)}</bdi>
      </div>
      {open && pages.length > 0 && (
        <ul role="group">
          {pages.map((child) => (
            <Branch key={child.namespace} {...child} level={level + 1} />
          ))}
          {children.hasNextPage && <More load={() => void children.fetchNextPage()} />}
        </ul>
      )}
    </li>
  );
}

function More({ load }: { readonly load: () => void }): ReactNode {
  const onClick = (event: MouseEvent) => {
    event.stopPropagation();
    load();
  };
  return (
    <li role="none">
      <button type="button" className="button quiet small" onClick={onClick}>
        More namespaces
      </button>
    </li>
  );
}

/** The keys of a tree, as the ARIA Authoring Practices describe them. */
function moveFocus(event: KeyboardEvent<HTMLUListElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[role=treeitem]")];
  const current = (event.target as HTMLElement).closest<HTMLElement>("[role=treeitem]");
  if (current === null || event.target !== current) return;
  const index = items.indexOf(current);
  const toggle = () => current.querySelector<HTMLElement>(".namespace-toggle")?.click();
  const isOpen = current.dataset["toggle"];
  const actions: Readonly<Record<string, () => void>> = {
    ArrowDown: () => items[index + 1]?.focus(),
    ArrowUp: () => items[index - 1]?.focus(),
    Home: () => items[0]?.focus(),
    End: () => items.at(-1)?.focus(),
    ArrowRight: () => (isOpen === "false" ? toggle() : items[index + 1]?.focus()),
    ArrowLeft: () =>
      isOpen === "true" ? toggle() : current.parentElement?.closest<HTMLElement>("[role=treeitem]")?.focus(),
    Enter: () => current.click(),
    " ": () => current.click(),
  };
  const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
  if (action === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  action();
}
