/** The answers of the viewer's API. */
export interface Session {
  readonly store: string;
  readonly write: boolean;
  readonly history: boolean;
  readonly version: string;
}

export interface NamespacePage {
  readonly namespaces: readonly { readonly name: string; readonly namespace: string }[];
  readonly cursor?: string;
}

export interface ThreadSummary {
  readonly id: string;
  readonly title?: string;
  readonly archived?: boolean;
  readonly version: string;
  readonly size: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly expiresAt?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly corrupt?: false;
}

export type ListedThread =
  | ThreadSummary
  | { readonly id: string; readonly version: string; readonly corrupt: true };

export interface ThreadPage {
  readonly threads: readonly ListedThread[];
  readonly cursor?: string;
}

interface EntryBase {
  /** The position of the message. */
  readonly index: number;
  /** The JSON path of the part. */
  readonly path: string;
  readonly role: string;
  readonly bytes: number;
  readonly createdAt?: string;
}

export type CallEntry = EntryBase & {
  readonly kind: "call";
  readonly id: string;
  readonly name: string;
  readonly input: string;
  readonly approval?: "requested" | "approved" | "denied";
};
export type ResultEntry = EntryBase & {
  readonly kind: "result";
  readonly id: string;
  readonly output: string;
  readonly isError?: boolean;
};
export type ImageEntry = EntryBase & {
  readonly kind: "image";
  readonly mediaType?: string;
  readonly source: { readonly data?: string; readonly url?: string };
};
export type FileEntry = EntryBase & {
  readonly kind: "file";
  readonly name?: string;
  readonly mediaType?: string;
  readonly url?: string;
  readonly data?: string;
};
export type TextEntry = EntryBase & { readonly kind: "text" | "reasoning"; readonly text: string };
export type OtherEntry = EntryBase & { readonly kind: "other"; readonly type: string; readonly json: string };

/** A part of a message. */
export type Entry = CallEntry | FileEntry | ImageEntry | OtherEntry | ResultEntry | TextEntry;

/** A fault for which a provider would reject the thread. */
export interface Finding {
  readonly code: string;
  readonly path: string;
  readonly message: string;
  /** What a repair does about it. */
  readonly remedy?: string;
  readonly index?: number;
}

export interface Conversation {
  readonly form: string | null;
  readonly summary: ThreadSummary;
  readonly entries: readonly Entry[];
  readonly findings: readonly Finding[];
  readonly openTurn: null | { readonly phase: string; readonly calls: readonly string[] };
  readonly check: "checked" | "failed" | "not-installed" | "unknown";
  readonly remedy?: string;
}

export interface StoredVersion {
  readonly version: string;
  readonly size: number;
  readonly savedAt: string;
}

export interface VersionPage {
  readonly versions: readonly StoredVersion[];
  readonly cursor?: string;
}

export interface MemberDiff {
  readonly name: string;
  /** For arrays: the index of the first element that differs. */
  readonly start?: number;
  readonly removed: readonly unknown[];
  readonly added: readonly unknown[];
}

export interface ThreadDiff {
  readonly members: readonly MemberDiff[];
}

export interface Repair {
  readonly changes: readonly Finding[];
  readonly version?: string;
}

export type RepairPolicy = "drop" | "synthesize";
