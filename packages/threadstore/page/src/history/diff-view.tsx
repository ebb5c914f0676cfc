import { type Change, diffLines } from "diff";
import { type ReactNode, useMemo } from "react";
import { type ThreadKey, useDiff } from "../api/queries.ts";
import type { MemberDiff } from "../api/types.ts";
import { formatCount, visible } from "../shared/format.ts";
import { Failure, Loading } from "../shared/states.tsx";

interface DiffViewProperties {
  readonly threadKey: ThreadKey;
  readonly from: string;
  readonly to: string;
}

/** The members, and the elements of arrays, that two versions do not share. */
export function DiffView({ threadKey, from, to }: DiffViewProperties): ReactNode {
  const query = useDiff(threadKey, from, to);
  if (query.isPending) return <Loading label="Comparing" />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const { members } = query.data;
  return (
    <div className="diff" tabIndex={0} role="region" aria-label="Difference">
      {members.length === 0 && <p className="quiet">The versions are equal.</p>}
      {members.map((member) => (
        <Member key={member.name} member={member} />
      ))}
    </div>
  );
}

/** Comparing longer texts would block the page. They are shown in whole, first the old and then the new one. */
const LONGEST_COMPARED = 100_000;
const LONGEST_SHOWN = 60_000;

function linesOf(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value, undefined, 2)}\n`).join("");
}

function compare({ removed, added }: MemberDiff): readonly Change[] {
  const [before, after] = [linesOf(removed), linesOf(added)];
  if (before.length + after.length <= LONGEST_COMPARED) return diffLines(before, after);
  return [wholeChange(before, false), wholeChange(after, true)].filter(({ value }) => value !== "");
}

function wholeChange(value: string, isAdded: boolean): Change {
  const shown = value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}\n…` : value;
  return { value: shown, added: isAdded, removed: !isAdded, count: 1 };
}

function Member({ member }: { readonly member: MemberDiff }): ReactNode {
  const { name, start, removed, added } = member;
  const changes = useMemo(() => compare(member), [member]);
  return (
    <section className="card">
      <header className="card-header">
        <code className="strong">{visible(name)}</code>
        {start !== undefined && <span className="quiet">from element {start} on</span>}
        <span className="diff-counts">
          {removed.length > 0 && (
            <span className="removed-count">−{formatCount(removed.length, "value")}</span>
          )}
          {added.length > 0 && <span className="added-count">+{formatCount(added.length, "value")}</span>}
        </span>
      </header>
      <pre className="value diff-lines" tabIndex={0}>
        {changes.map((change, index) => (
          <Lines key={`${index} ${change.count}`} change={change} />
        ))}
      </pre>
    </section>
  );
}

function Lines({ change: { value, added, removed } }: { readonly change: Change }): ReactNode {
  const text = value.replace(/\n$/u, "");
  if (added) return <ins data-sign="+">{text}</ins>;
  if (removed) return <del data-sign="−">{text}</del>;
  return <span>{text}</span>;
}
