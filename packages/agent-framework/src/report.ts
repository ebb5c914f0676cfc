/**
 * What became of something that could not simply be taken over:
 *
 * - `carried`: Chat Completions has no place for it. It is kept in the thread and written back; the model
 *   does not see it.
 * - `changed`: it is there, in another form.
 * - `edited`: its message was edited or removed after it was read, so what was kept for it is not written.
 * - `elsewhere`: what it refers to is not in the thread but with a service or in another store.
 * - `lost`: the written thread does not have it.
 * - `replaced`: a mark of the shape itself, such as a session's id, for which the target has its own or none.
 * - `repair`: the thread is refused by providers, and by `deserializeThread`, until this is mended.
 */
export type ReportKind = "carried" | "changed" | "edited" | "elsewhere" | "lost" | "repair" | "replaced";

/** One thing that was not simply taken over. Never holds content. */
export interface ReportEntry {
  /**
   * Where it is in what was read: in Agent Framework's thread when reading. When writing, in the
   * `threadstore.thread`, or behind `$.agentFramework` in what was kept of Agent Framework's thread.
   */
  readonly path: string;
  readonly kind: ReportKind;
  /** What it is and what happened, for a person. */
  readonly what: string;
}

/** Collects the entries of a report, in the order in which they come up. */
export type Report = (kind: ReportKind, path: string, what: string) => void;

export function startReport(): { readonly entries: ReportEntry[]; readonly report: Report } {
  const entries: ReportEntry[] = [];
  return { entries, report: (kind, path, what) => void entries.push({ path, kind, what }) };
}

/** For what is read only to compare it. */
export const unreported: Report = () => {};
