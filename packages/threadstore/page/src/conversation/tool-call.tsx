import { Ban, CircleCheck, CircleDashed, CircleX, Hourglass, Wrench } from "lucide-react";
import type { ReactNode } from "react";
import type { CallEntry, ResultEntry } from "../api/types.ts";
import { visibleName } from "../shared/format.ts";
import { Value } from "./value.tsx";

interface Status {
  readonly label: string;
  readonly tone: "danger" | "neutral" | "success" | "warning";
  readonly icon: typeof Ban;
}

function statusOf({ approval }: CallEntry, result: ResultEntry | undefined): Status {
  if (approval === "denied") return { label: "Denied", tone: "danger", icon: Ban };
  if (approval === "requested" && result === undefined) {
    return { label: "Waits for approval", tone: "warning", icon: Hourglass };
  }
  if (result === undefined) return { label: "No result", tone: "warning", icon: CircleDashed };
  if (result.isError === true) return { label: "Failed", tone: "danger", icon: CircleX };
  return { label: approval === "approved" ? "Approved" : "Done", tone: "success", icon: CircleCheck };
}

interface ToolCallProperties {
  readonly call: CallEntry;
  readonly result: ResultEntry | undefined;
}

/** A tool call, with its result next to it, or below it if the page is narrow. */
export function ToolCall({ call, result }: ToolCallProperties): ReactNode {
  const { label, tone, icon: Icon } = statusOf(call, result);
  return (
    <section className="card tool" aria-label={`Tool call ${visibleName(call.name)}`}>
      <div className="card-header">
        <Wrench aria-hidden />
        <bdi className="tool-name mono">{visibleName(call.name)}</bdi>
        <bdi className="tool-id mono">{visibleName(call.id)}</bdi>
        <span className="badge" data-tone={tone}>
          <Icon aria-hidden /> {label}
        </span>
      </div>
      <div className="tool-values" data-answered={result !== undefined}>
        <div className="tool-value">
          <h2 className="value-label">Input</h2>
          <Value value={call.input} id={call.path} />
        </div>
        {result !== undefined && (
          <div className="tool-value">
            <h2 className="value-label">{result.isError === true ? "Error" : "Result"}</h2>
            <Value value={result.output} id={result.path} />
          </div>
        )}
      </div>
    </section>
  );
}

/** A result. If it has no call, the card says so. */
export function ToolResult({
  result,
  isAlone,
}: {
  readonly result: ResultEntry;
  readonly isAlone: boolean;
}): ReactNode {
  return (
    <section className="card tool" aria-label="Tool result">
      <div className="card-header">
        <Wrench aria-hidden />
        <bdi className="tool-id mono">{visibleName(result.id)}</bdi>
        {isAlone && (
          <span className="badge" data-tone="warning">
            Result without a call
          </span>
        )}
      </div>
      <div className="tool-value">
        <Value value={result.output} id={result.path} />
      </div>
    </section>
  );
}
