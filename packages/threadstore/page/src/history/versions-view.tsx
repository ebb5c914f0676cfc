import { Eye, History } from "lucide-react";
import type { ReactNode } from "react";
import { type ThreadKey, useVersions } from "../api/queries.ts";
import type { Session, StoredVersion } from "../api/types.ts";
import { formatBytes, formatTime, visible } from "../shared/format.ts";
import { Empty, Failure, Loading } from "../shared/states.tsx";
import { navigate, usePageState } from "../state/location.ts";
import { DiffView } from "./diff-view.tsx";

interface VersionsViewProperties {
  readonly threadKey: ThreadKey;
  readonly session: Session;
}

/** The kept versions of a thread, and the difference between two of them. */
export function VersionsView({ threadKey, session }: VersionsViewProperties): ReactNode {
  const query = useVersions(threadKey, session.history);
  const state = usePageState();
  if (!session.history) return <NoHistory />;
  if (query.isPending) return <Loading label="Loading the versions" />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const versions = query.data.pages.flatMap((page) => page.versions);
  const from = state.from ?? versions[1]?.version;
  const to = state.to ?? versions[0]?.version;
  return (
    <div className="versions">
      <div className="version-list" tabIndex={0} role="region" aria-label="Versions">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">Saved</th>
              <th scope="col" className="number">
                Size
              </th>
              <th scope="col">
                <span className="hidden">Show</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {versions.map((version, index) => (
              <VersionRow
                key={version.version}
                version={version}
                isLatest={index === 0}
                isFrom={version.version === from}
                isTo={version.version === to}
              />
            ))}
          </tbody>
        </table>
        {query.hasNextPage && (
          <button type="button" className="button small" onClick={() => void query.fetchNextPage()}>
            Older versions
          </button>
        )}
      </div>
      {from !== undefined && to !== undefined && <DiffView threadKey={threadKey} from={from} to={to} />}
    </div>
  );
}

interface VersionRowProperties {
  readonly version: StoredVersion;
  readonly isLatest: boolean;
  readonly isFrom: boolean;
  readonly isTo: boolean;
}

function VersionRow({ version: stored, isLatest, isFrom, isTo }: VersionRowProperties): ReactNode {
  const state = usePageState();
  const { version, size, savedAt } = stored;
  const saved = formatTime(savedAt);
  const show = () =>
    navigate({ ...state, view: "conversation", version: isLatest ? undefined : version, at: undefined });
  return (
    <tr>
      <td>
        <Choice side="from" version={stored} checked={isFrom} />
      </td>
      <td>
        <Choice side="to" version={stored} checked={isTo} />
      </td>
      <td>
        <time dateTime={savedAt}>{saved}</time>
        {isLatest && <span className="badge">latest</span>}
        <code className="version-id">{visible(version)}</code>
      </td>
      <td className="number">{formatBytes(size)}</td>
      <td>
        <button
          type="button"
          className="icon-button small"
          aria-label={`Show the conversation of ${saved}`}
          title="Show this conversation"
          onClick={show}
        >
          <Eye aria-hidden />
        </button>
      </td>
    </tr>
  );
}

interface ChoiceProperties {
  readonly side: "from" | "to";
  readonly version: StoredVersion;
  readonly checked: boolean;
}

function Choice({ side, version: { version, savedAt }, checked }: ChoiceProperties): ReactNode {
  const state = usePageState();
  return (
    <input
      type="radio"
      name={side}
      checked={checked}
      aria-label={`Compare ${side} the version of ${formatTime(savedAt)}`}
      onChange={() => navigate({ ...state, [side]: version }, { replace: true })}
    />
  );
}

function NoHistory(): ReactNode {
  return (
    <Empty title="This store keeps no versions" icon={<History className="state-icon" aria-hidden />}>
      <p>
        Wrap the store in <code>withHistory</code> of <code>@threadstore/history</code>, and open it by its
        configuration file.
      </p>
    </Empty>
  );
}
