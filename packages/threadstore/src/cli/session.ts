import { setTimeout } from "node:timers/promises";
import type { ThreadStore } from "@threadstore/core";
import { namespaceName } from "../output/format.ts";
import { type Paint, painterFor, type Terminal } from "../output/terminal.ts";
import { checkConnection } from "../stores/check-connection.ts";
import { isConfigured, openStore } from "../stores/open-store.ts";
import { UsageError } from "../usage-error.ts";

/** The part of a store that a command works on. */
export interface Location {
  /** The name for output, without secrets. */
  readonly label: string;
  /** The store, or the view of the chosen namespace. */
  readonly store: ThreadStore;
  /** Distinguishes the location from all others, without secrets. */
  readonly identity: string;
  /** The levels of the chosen namespace. */
  readonly namespace: readonly string[];
}

export interface LocationOptions {
  readonly namespace?: readonly string[] | undefined;
  readonly config?: string | undefined;
  /** Whether the command itself reports a server that does not answer. */
  readonly reportsConnection?: boolean;
}

/** One run of the command line. */
export interface Session {
  readonly terminal: Terminal;
  readonly paint: Paint;
  /** Removes secrets from text that a library wrote. */
  readonly redact: (text: string) => string;
  /** Opens a store that must exist. */
  readonly open: (url: string, options: LocationOptions) => Promise<Location>;
  /** Opens a store for writing, and creates its database, folder or tables. */
  readonly create: (url: string, options: LocationOptions) => Promise<Location>;
  readonly close: () => Promise<void>;
}

/** How long a command waits for stores that close. Its process exits then. */
const CLOSE_MS = 2000;

/** Runs the action of a command. It resolves with the exit code. */
export type Start = (action: (session: Session) => Promise<number>) => Promise<void>;

export function createSession(terminal: Terminal, redact: Session["redact"]): Session {
  const opened: ThreadStore[] = [];
  const locate = async (
    url: string,
    { namespace = [], config, reportsConnection = false }: LocationOptions,
    mustExist: boolean,
  ): Promise<Location> => {
    const { folder, env } = terminal;
    if (config !== undefined && !isConfigured(url)) {
      throw new UsageError(
        "A URL opens a store without the configuration file that `--config` names. Write `config` instead of the URL, or omit `--config`.",
      );
    }
    const { label, store } = await openStore(url, { folder, env, config, mustExist });
    opened.push(store);
    if (!reportsConnection) await checkConnection(url, store, terminal.signal);
    const view = namespace.reduce((parent, name) => parent.namespace(name), store);
    const suffix = namespace.length === 0 ? "" : ` (${namespaceName(namespace)})`;
    // What looks like a secret is masked in the URL, but the label may need it: `a@b` can be a folder.
    const identity = JSON.stringify([label, redact(url), config ?? null, namespace]);
    return { label: `${label}${suffix}`, identity, store: view, namespace };
  };
  return {
    terminal,
    redact,
    paint: painterFor(terminal.stdout, terminal.env),
    open: (url, options) => locate(url, options, true),
    create: (url, options) => locate(url, options, false),
    async close() {
      // The client of a server that does not answer may wait for it.
      await Promise.race([Promise.all(opened.map((store) => store.close())), setTimeout(CLOSE_MS)]);
    },
  };
}
