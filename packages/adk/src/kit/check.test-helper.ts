import { randomUUID } from "node:crypto";
import type { BaseSessionService } from "@google/adk";

/** Services over the same sessions: `open` returns another client of them, such as another process has. */
export interface KitServices {
  readonly service: BaseSessionService;
  readonly open: () => BaseSessionService;
  /**
   * Whether errors have the codes of this package. Those of the SDK's services do not.
   * @default true
   */
  readonly hasCodes?: boolean;
}

/** Returns the error that a check expects, for `assert.rejects`. */
export function errorOf({ hasCodes = true }: KitServices, code: string): object {
  return hasCodes ? { code } : Error;
}

/** A requirement of the SDK or of applications, to be tested on every store. */
export interface Check {
  readonly name: string;
  /** Whether the quick tests run it on every store. The others then run in memory and on SQLite only. */
  readonly quick?: true;
  readonly run: (services: KitServices) => Promise<void>;
}

/** Names of a session that no other test uses. */
export function newNames(members: { readonly appName?: string; readonly userId?: string } = {}): {
  readonly appName: string;
  readonly userId: string;
  readonly sessionId: string;
} {
  return { appName: `app-${randomUUID()}`, userId: "ann", sessionId: randomUUID(), ...members };
}
