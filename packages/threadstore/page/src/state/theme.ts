import { useState } from "react";

export type Theme = "dark" | "light" | "system";

const KEY = "threadstore-viewer-theme";
const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };

/** Storage is unavailable if the browser blocks it. The choice then lasts as long as the page. */
function storedTheme(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "dark" || value === "light" ? value : "system";
  } catch {
    return "system";
  }
}

function store(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // See `storedTheme`.
  }
}

/** Applies a theme, by default the stored one, to the whole page. */
export function applyTheme(theme: Theme = storedTheme()): void {
  document.documentElement.dataset["theme"] = theme;
}

/** The chosen theme, and a function that chooses the next one. */
export function useTheme(): readonly [theme: Theme, next: () => void] {
  const [theme, setTheme] = useState(storedTheme);
  return [
    theme,
    () => {
      const next = NEXT[theme];
      setTheme(next);
      store(next);
      applyTheme(next);
    },
  ];
}
