import { type ReactNode, useMemo } from "react";
import { formatJson } from "../shared/format-json.ts";
import { formatBytes } from "../shared/format.ts";
import { JsonText } from "../shared/json-text.tsx";
import { useOpenState } from "./open-states.ts";

/** Short objects and arrays are easier to read in one line. */
const INLINE = 36;
const FIRST_LINES = 16;
/** A few more lines are not worth a button. */
const SLACK_LINES = 6;
const FIRST_CHARACTERS = 1200;
const MORE_CHARACTERS = 40_000;

/** Tools often exchange JSON as a string, which is easier to read when it is formatted. */
function textOf(value: string): { readonly text: string; readonly isJson: boolean } {
  const start = value.trimStart().at(0);
  if (start !== "{" && start !== "[") return { text: value, isJson: false };
  return parses(value) ? { text: formatJson(value, INLINE), isJson: true } : { text: value, isJson: false };
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function firstPart(text: string): number {
  const lines = text.split("\n", FIRST_LINES + SLACK_LINES + 1);
  const isLong = lines.length > FIRST_LINES + SLACK_LINES;
  const end = isLong ? lines.slice(0, FIRST_LINES).join("\n").length : text.length;
  return Math.min(end, FIRST_CHARACTERS);
}

/** The input or output of a tool: its beginning, and a button for more. */
export function Value({ value, id }: { readonly value: string; readonly id: string }): ReactNode {
  const { text, isJson } = useMemo(() => textOf(value), [value]);
  const [shown, setShown] = useOpenState(`${id} value`, firstPart(text));
  const rest = text.length - shown;
  if (text === "") return <p className="value-empty">Empty</p>;
  const part = text.slice(0, shown);
  return (
    <>
      <pre className="value" tabIndex={0}>
        {isJson ? <JsonText text={part} /> : part}
      </pre>
      {rest > 0 && (
        <button type="button" className="button small more" onClick={() => setShown(shown + MORE_CHARACTERS)}>
          Show more ({formatBytes(rest)} left)
        </button>
      )}
    </>
  );
}
