import { Search, X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useState } from "react";
import { navigate, usePageState } from "../state/location.ts";

const DELAY_MS = 250;

/** The text of the search. The address, and with it the list, follows when the user stops typing. */
function useSearchText(): readonly [text: string, setText: (text: string) => void] {
  const state = usePageState();
  const [text, setText] = useState(state.search);
  const [shown, setShown] = useState(state.search);
  if (shown !== state.search) {
    // The address changed in another way, such as with the back button.
    setShown(state.search);
    setText(state.search);
  }
  useEffect(() => {
    if (text === state.search) return undefined;
    const timer = setTimeout(() => {
      setShown(text);
      navigate({ ...state, search: text }, { replace: true });
    }, DELAY_MS);
    return () => clearTimeout(timer);
  }, [text, state]);
  return [text, setText];
}

/** The search by the beginning of an id and by metadata. It is part of the address. */
export function SearchField({ input }: { readonly input: RefObject<HTMLInputElement | null> }): ReactNode {
  const [text, setText] = useSearchText();
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Escape") {
      if (text === "") event.currentTarget.blur();
      else setText("");
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      document.querySelector<HTMLElement>(".thread-row")?.focus();
    }
  };
  return (
    <div className="search" role="search">
      <Search aria-hidden className="search-icon" />
      <input
        ref={input}
        type="text"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        placeholder="Id prefix, or key=value"
        aria-label="Search conversations by the beginning of an id, or by metadata as key=value"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {text === "" ? (
        <kbd className="wide-only">/</kbd>
      ) : (
        <button
          type="button"
          className="icon-button small"
          aria-label="Clear the search"
          onClick={() => setText("")}
        >
          <X aria-hidden />
        </button>
      )}
    </div>
  );
}
