import { ChartLine } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import { type ThreadKey, useVersions } from "../api/queries.ts";
import type { Conversation, Session } from "../api/types.ts";
import { formatBytes, formatCount } from "../shared/format.ts";
import { Empty } from "../shared/states.tsx";
import { Plot } from "./plot.tsx";
import { conversationSeries, versionSeries } from "./series.ts";

interface GrowthViewProperties {
  readonly threadKey: ThreadKey;
  readonly session: Session;
  readonly conversation: Conversation;
}

/** Size and turns over time. */
export function GrowthView({ threadKey, session, conversation }: GrowthViewProperties): ReactNode {
  const { entries } = conversation;
  const versions = useVersions(threadKey, session.history);
  const growth = useMemo(() => conversationSeries(entries), [entries]);
  const saves = useMemo(
    () => versionSeries(versions.data?.pages.flatMap((page) => page.versions) ?? []),
    [versions.data],
  );
  if (growth.x.length === 0 && saves.x.length === 0) {
    return (
      <Empty title="Nothing to plot" icon={<ChartLine className="state-icon" aria-hidden />}>
        <p>The thread has no messages that the viewer knows.</p>
      </Empty>
    );
  }
  const turns = growth.turns.at(-1) ?? 0;
  const bytes = growth.size.at(-1) ?? 0;
  const summary = `${formatCount(turns, "turn")}, ${formatCount(growth.x.length, "message")}, ${formatBytes(bytes)}`;
  return (
    <div className="scroll-view" tabIndex={0} role="region" aria-label="Growth">
      <div className="plots">
        {growth.x.length > 0 && (
          <section className="panel">
            <h2>Conversation</h2>
            <p className="quiet">
              {growth.isTime ? "Size and turns over time" : "Size and turns from message to message"}:{" "}
              {summary}.
            </p>
            <Plot series={growth} label={`Growth of the conversation: ${summary}`} />
          </section>
        )}
        {saves.x.length > 1 && (
          <section className="panel">
            <h2>Versions</h2>
            <p className="quiet">The size of each kept version, at the time it was saved.</p>
            <Plot series={saves} label={`Sizes of ${formatCount(saves.x.length, "version")}`} />
          </section>
        )}
      </div>
    </div>
  );
}
