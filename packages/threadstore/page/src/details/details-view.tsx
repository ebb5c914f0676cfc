import type { ReactNode } from "react";
import type { ThreadKey } from "../api/queries.ts";
import type { Conversation, Entry } from "../api/types.ts";
import { CopyButton } from "../shared/copy-button.tsx";
import { formatBytes, formatCount, formatTime, visible } from "../shared/format.ts";

interface DetailsViewProperties {
  readonly threadKey: ThreadKey;
  readonly conversation: Conversation;
}

/** The metadata, times and sizes of a thread. */
export function DetailsView({ threadKey, conversation }: DetailsViewProperties): ReactNode {
  const { summary, form } = conversation;
  const { namespace } = threadKey;
  return (
    <div className="scroll-view" tabIndex={0} role="region" aria-label="Details">
      <div className="columns">
        <section className="panel">
          <h2>Thread</h2>
          <dl className="facts">
            <Fact name="Id" value={visible(threadKey.id)} copy={threadKey.id} isCode />
            <Fact name="Namespace" value={visible(namespace === "" ? "(root)" : namespace)} isCode />
            <Fact name="Version" value={visible(summary.version)} copy={summary.version} isCode />
            <Fact name="Form" value={form === null ? "Unknown to the viewer" : visible(form)} />
            <Fact name="Size" value={formatCount(summary.size, "byte")} />
            <Fact name="Created" value={formatTime(summary.createdAt)} />
            <Fact name="Saved" value={formatTime(summary.updatedAt)} />
            <Fact
              name="Expires"
              value={summary.expiresAt === undefined ? "Never" : formatTime(summary.expiresAt)}
            />
          </dl>
        </section>
        <Metadata {...summary} />
        <section className="panel">
          <h2>Contents</h2>
          <Contents entries={conversation.entries} />
        </section>
      </div>
    </div>
  );
}

function Metadata({ title, metadata = {} }: Conversation["summary"]): ReactNode {
  const pairs = [...(title === undefined ? [] : [["title", title] as const]), ...Object.entries(metadata)];
  return (
    <section className="panel">
      <h2>Metadata</h2>
      {pairs.length === 0 ? (
        <p className="quiet">None.</p>
      ) : (
        <dl className="facts">
          {pairs.map(([key, value]) => (
            <Fact key={key} name={visible(key)} value={visible(value)} isCode />
          ))}
        </dl>
      )}
    </section>
  );
}

interface FactProperties {
  readonly name: string;
  readonly value: string;
  readonly copy?: string;
  readonly isCode?: boolean;
}

function Fact({ name, value, copy, isCode = false }: FactProperties): ReactNode {
  return (
    <div>
      <dt>
        <bdi>{name}</bdi>
      </dt>
      <dd className={isCode ? "mono" : undefined}>
        <bdi>{value}</bdi>
        {copy !== undefined && <CopyButton text={copy} label={`Copy: ${name}`} />}
      </dd>
    </div>
  );
}

const NAMES: Readonly<Record<Entry["kind"], string>> = {
  text: "Text",
  reasoning: "Reasoning",
  call: "Tool calls",
  result: "Tool results",
  image: "Images",
  file: "Files",
  other: "Other",
};

/** How many parts of each kind there are, and how much of the size they are. */
function Contents({ entries }: { readonly entries: readonly Entry[] }): ReactNode {
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const kinds = (Object.keys(NAMES) as Entry["kind"][])
    .map((kind) => {
      const parts = entries.filter((entry) => entry.kind === kind);
      return { kind, count: parts.length, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0) };
    })
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => b.bytes - a.bytes);
  if (kinds.length === 0) return <p className="quiet">No messages.</p>;
  return (
    <ul className="shares">
      {kinds.map(({ kind, count, bytes }) => (
        <li key={kind}>
          <span>
            {NAMES[kind]} <span className="quiet">{count}</span>
          </span>
          <span className="quiet">{formatBytes(bytes)}</span>
          <span className="share" aria-hidden>
            <span style={{ width: `${(100 * bytes) / Math.max(1, total)}%` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}
