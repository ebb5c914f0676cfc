import { lazy, type ReactNode, Suspense } from "react";
import { formatBytes } from "../shared/format.ts";
import { isHardToRead } from "./markdown-limits.ts";
import { useOpenState } from "./open-states.ts";

let renderer: typeof import("./markdown.tsx") | undefined;

/** Loads what renders Markdown, while the conversation is loaded: otherwise, its texts would first appear unformatted. */
export async function loadMarkdown(): Promise<{
  default: (properties: { readonly text: string }) => ReactNode;
}> {
  renderer = await import("./markdown.tsx");
  return { default: renderer.Markdown };
}

const Markdown = lazy(loadMarkdown);

/** Longer texts are shown without formatting, because reading them as Markdown would block the page. */
const LONGEST_MARKDOWN = 20_000;
const FIRST_CHARACTERS = 6000;
const MORE_CHARACTERS = 40_000;

interface TextProperties {
  readonly text: string;
  readonly id: string;
}

/** Renders the text of a message before it is shown. */
export function prepareText(text: string): void {
  if (isMarkdown(text)) renderer?.prepareMarkdown(text);
}

function isMarkdown(text: string): boolean {
  return text.length <= LONGEST_MARKDOWN && !isHardToRead(text);
}

/** The text of a message, formatted as Markdown. */
export function MessageText({ text, id }: TextProperties): ReactNode {
  if (!isMarkdown(text)) return <LongText text={text} id={id} />;
  return (
    <Suspense fallback={<div className="plain-text">{text}</div>}>
      <Markdown text={text} />
    </Suspense>
  );
}

/** The beginning of a long text, and a button for more of it. */
export function LongText({ text, id }: TextProperties): ReactNode {
  const [shown, setShown] = useOpenState(id, FIRST_CHARACTERS);
  const rest = text.length - shown;
  return (
    <div>
      <div className="plain-text">{text.slice(0, shown)}</div>
      {rest > 0 && (
        <button type="button" className="button small more" onClick={() => setShown(shown + MORE_CHARACTERS)}>
          Show more ({formatBytes(rest)} left)
        </button>
      )}
    </div>
  );
}
