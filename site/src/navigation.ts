import type { Page } from "./pages.ts";

export interface NavigationItem {
  readonly text: string;
  readonly link?: string;
  readonly collapsed?: boolean;
  readonly items?: readonly NavigationItem[];
}

/** The groups of the sidebar. A page of `docs` that is in no group is in the last one. */
const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  [
    "Get started",
    [
      "introduction",
      "persist-and-resume",
      "choose-a-store",
      "compatibility",
      "comparison",
      "sdk-matrix",
      "documentation",
    ],
  ],
  ["Guides", ["nextjs", "hono", "express", "serverless", "testing"]],
  ["Conversations", ["races", "what-happens-when", "history", "repairing-a-thread", "layers"]],
  [
    "Operate",
    [
      "operating",
      "command-line",
      "multi-tenancy",
      "scale",
      "retention",
      "what-remains",
      "security",
      "observability",
      "errors",
      "versions",
      "moving-to-another-backend",
    ],
  ],
  ["Integrate", ["moving-from-agent-framework", "writing-an-adapter"]],
  ["Reference", ["contract", "record-format", "thread-format", "performance", "benchmark", "contributing"]],
];

/** Shorter than the titles of the pages. */
const TEXTS: Readonly<Record<string, string>> = {
  introduction: "Introduction",
  documentation: "By task",
  "persist-and-resume": "Persist and resume",
};

function itemOf({ path, title }: Page): NavigationItem {
  return { text: TEXTS[path] ?? title.replaceAll("`", ""), link: `/${path}` };
}

/** Returns the sidebar of all pages but the API reference. */
export function sidebar(pages: readonly Page[]): NavigationItem[] {
  const grouped = new Set(GROUPS.flatMap(([, paths]) => paths));
  const others = pages.filter(({ source, path }) => /^docs\/[^/]+\.md$/u.test(source) && !grouped.has(path));
  const groups = GROUPS.map(([text, paths], index) => {
    const inGroup = paths.flatMap((path) => pages.filter((page) => page.path === path));
    return { text, items: [...inGroup, ...(index === GROUPS.length - 1 ? others : [])].map(itemOf) };
  });
  const within = (folder: string): Page[] => pages.filter(({ path }) => path.startsWith(`${folder}/`));
  return [
    ...groups,
    {
      text: "Packages",
      items: within("packages").map(({ path }) => ({
        text: path.slice("packages/".length),
        link: `/${path}`,
      })),
    },
    { text: "API reference", items: [{ text: "All packages", link: "/api/" }] },
    { text: "Decisions", collapsed: true, items: within("decisions").map(itemOf) },
  ];
}
