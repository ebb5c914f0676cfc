import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";
import { ChevronDown, ChevronUp, Search } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useDeferredValue, useMemo, useState } from "react";
import { type ThreadKey, useStoredText } from "../api/queries.ts";
import { CopyButton } from "../shared/copy-button.tsx";
import { formatJson } from "../shared/format-json.ts";
import { Failure, Loading } from "../shared/states.tsx";
import { usePageState } from "../state/location.ts";
import { TextLines } from "./text-lines.tsx";
import { findAll } from "./text-rows.ts";

/** The stored text of a thread, or of the version in the address. It is formatted without being parsed, and can be shown exactly as it is stored. */
export function RawView({ threadKey }: { readonly threadKey: ThreadKey }): ReactNode {
  const { version } = usePageState();
  const query = useStoredText(threadKey, version);
  if (query.isPending) return <Loading label="Loading the text" />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <RawText stored={query.data} />;
}

type Form = "formatted" | "stored";

function RawText({ stored }: { readonly stored: string }): ReactNode {
  const [form, setForm] = useState<Form>("formatted");
  const [search, setSearch] = useState("");
  const [current, setCurrent] = useState(0);
  const text = useMemo(() => (form === "formatted" ? formatJson(stored) : stored), [form, stored]);
  const deferred = useDeferredValue(search);
  const matches = useMemo(() => findAll(text, deferred), [text, deferred]);
  const step = (direction: number) => {
    if (matches.length > 0) setCurrent((current + direction + matches.length) % matches.length);
  };
  const position = matches[current];
  return (
    <div className="raw">
      <div className="toolbar">
        <ToggleGroup
          className="segments"
          aria-label="Form of the text"
          value={[form]}
          onValueChange={([next]) => next !== undefined && setForm(next)}
        >
          <Toggle className="segment" value="formatted">
            Formatted
          </Toggle>
          <Toggle className="segment" value="stored">
            As stored
          </Toggle>
        </ToggleGroup>
        <Find
          search={search}
          status={statusOf(current, matches.length)}
          onSearch={(next) => {
            setSearch(next);
            setCurrent(0);
          }}
          step={step}
        />
        <CopyButton text={stored} label="Copy the stored text" />
      </div>
      <TextLines
        text={text}
        isFormatted={form === "formatted"}
        mark={position === undefined ? undefined : { start: position, end: position + deferred.length }}
      />
    </div>
  );
}

function statusOf(current: number, count: number): string {
  if (count === 0) return "No match";
  return `${current + 1} of ${count} ${count === 1 ? "match" : "matches"}`;
}

interface FindProperties {
  readonly search: string;
  readonly status: string;
  readonly onSearch: (search: string) => void;
  readonly step: (direction: number) => void;
}

function Find({ search, status, onSearch, step }: FindProperties): ReactNode {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      step(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape") onSearch("");
  };
  return (
    <div className="find">
      <Search aria-hidden className="search-icon" />
      <input
        type="text"
        autoComplete="off"
        spellCheck={false}
        placeholder="Find in the text"
        aria-label="Find in the text"
        value={search}
        onChange={(event) => onSearch(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {search !== "" && (
        <>
          <span className="find-status" aria-live="polite">
            {status}
          </span>
          <button
            type="button"
            className="icon-button small"
            aria-label="Previous match"
            onClick={() => step(-1)}
          >
            <ChevronUp aria-hidden />
          </button>
          <button type="button" className="icon-button small" aria-label="Next match" onClick={() => step(1)}>
            <ChevronDown aria-hidden />
          </button>
        </>
      )}
    </div>
  );
}
