/**
 * What happened to a part of a thread that could not simply be converted:
 *
 * - `changed`: it is written in another form.
 * - `edited`: its message was edited or removed after it was read, so the preserved original is not written.
 * - `elsewhere`: it refers to messages in a service or in another store.
 * - `lost`: the written thread does not contain it.
 * - `preserved`: Chat Completions has no counterpart. It is stored in the thread and written back, but the model
 *   does not see it.
 * - `repair`: providers and `deserializeThread` reject the thread until this is repaired.
 * - `replaced`: it is specific to the shape, such as a session's id. The target has another value, or none.
 */
export type ReportKind = "changed" | "edited" | "elsewhere" | "lost" | "preserved" | "repair" | "replaced";

/** A part of a thread that could not simply be converted. Never contains content. */
export interface ReportEntry {
  /**
   * The location in the source: in Agent Framework's thread when reading, and in the `threadstore.thread` when
   * writing, where `$.agentFramework` contains the preserved parts.
   */
  readonly path: string;
  readonly kind: ReportKind;
  /** A description for people. */
  readonly message: string;
}

/** Adds an entry to a report. */
export type Report = (kind: ReportKind, path: string, message: string) => void;

export function createReport(): { readonly entries: ReportEntry[]; readonly report: Report } {
  const entries: ReportEntry[] = [];
  return { entries, report: (kind, path, message) => void entries.push({ path, kind, message }) };
}

/** Discards entries, for conversions whose result is only compared. */
export const discardReport: Report = () => {};
