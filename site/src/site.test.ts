import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { anchorsOf, withoutCode } from "./anchors.ts";
import { brokenLinks } from "./check-links.ts";
import { landingPage } from "./landing-page.ts";
import { type NavigationItem, sidebar } from "./navigation.ts";
import { pages, read } from "./pages.ts";
import { siteMarkdown } from "./site-markdown.ts";

const all = pages();

describe("anchors", () => {
  it.each([
    ["## After `OUTCOME_UNKNOWN`", "after-outcome_unknown"],
    ["### What happens when…", "what-happens-when"],
    ["## 3. Let a conversation do it", "3-let-a-conversation-do-it"],
    ["## Pools, PgBouncer and PGlite", "pools-pgbouncer-and-pglite"],
    ["## [A link](https://example.org) here", "a-link-here"],
    ["## Größe – naïve", "größe--naïve"],
  ])("of %s", (heading, anchor) => {
    expect([...anchorsOf(heading)]).toEqual([anchor]);
  });

  it("are numbered if a heading is repeated, and ignore code", () => {
    const text = "# A\n## B\n```sh\n# not a heading\n```\n## B\n## B\n";
    expect([...anchorsOf(text)]).toEqual(["a", "b", "b-1", "b-2"]);
  });
});

describe("pages", () => {
  it("have distinct addresses and titles", () => {
    const paths = all.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(all.filter(({ title, source }) => title === source)).toEqual([]);
  });

  it("are all in the sidebar, each once", () => {
    const links = (items: readonly NavigationItem[]): string[] =>
      items.flatMap(({ link, items: inner = [] }) => [
        ...(link === undefined ? [] : [link]),
        ...links(inner),
      ]);
    const expected = [...all.map(({ path }) => `/${path}`), "/api/"];
    expect(links(sidebar(all)).toSorted((one, other) => one.localeCompare(other))).toEqual(
      expected.toSorted((one, other) => one.localeCompare(other)),
    );
  });

  it("convert without links that lead nowhere", () => {
    const relative = all.flatMap(({ source }) => {
      const { markdown } = siteMarkdown(source, read(source), all);
      const links = withoutCode(markdown).matchAll(/\]\((?!https?:|#|\/)[^)]*\)/gu);
      return [...links].map(([link]) => `${source}: ${link}`);
    });
    expect(relative).toEqual([]);
    expect(landingPage((text) => text)).toContain("npm install @threadstore/core");
  });
});

describe("links", () => {
  it.each([
    ["a page", "[a](errors.md)", "[a](/errors)"],
    ["a page's section", "[a](races.md#use-a-lease)", "[a](/races#use-a-lease)"],
    ["a package", "[a](../packages/sqlite)", "[a](/packages/sqlite)"],
    ["a README's section", "[a](../packages/s3/README.md#costs)", "[a](/packages/s3#costs)"],
    ["decisions", "[a](decisions)", "[a](/decisions/)"],
    [
      "the repository's address of a page",
      `[a](https://github.com/threadstore/threadstore/blob/main/docs/errors.md)`,
      "[a](/errors)",
    ],
    [
      "a program",
      "[a](../examples/tour.ts)",
      "[a](https://github.com/threadstore/threadstore/blob/main/examples/tour.ts)",
    ],
    ["a folder", "[a](../examples)", "[a](https://github.com/threadstore/threadstore/tree/main/examples)"],
    ["an image", "![a](pictures/a.svg)", "![a](/docs/pictures/a.svg)"],
    ["a reference", "[a]: errors.md", "[a]: /errors"],
    ["another site", "[a](https://example.org/errors.md)", "[a](https://example.org/errors.md)"],
    ["the same page", "[a](#here)", "[a](#here)"],
    [
      "nothing in code",
      "`[a](errors.md)` and\n```\n[a](errors.md)\n```",
      "`[a](errors.md)` and\n```\n[a](errors.md)\n```",
    ],
    [
      "what follows code with backticks in it",
      "`` `a` is `b` `` [a](errors.md)",
      "`` `a` is `b` `` [a](/errors)",
    ],
    ["what follows a single backtick", "a ` b\n\n[a](errors.md) `c`", "a ` b\n\n[a](/errors) `c`"],
    ["code as its text", "[`a`](errors.md)", "[`a`](/errors)"],
    ["what follows code on two lines", "`a\n  <b>` [a](errors.md)", "`a <b>` [a](/errors)"],
    [
      "what follows a block in a list",
      "- a\n  ```sh\n  `\n  ```\n  [a](errors.md)",
      "- a\n  ```sh\n  `\n  ```\n  [a](/errors)",
    ],
  ])("to %s", (_, text, expected) => {
    expect(siteMarkdown("docs/races.md", text, all).markdown).toBe(expected);
  });

  it("that lead nowhere are refused", () => {
    const convert = () => siteMarkdown("docs/races.md", "[a](no-such-page.md)", all);
    expect(convert).toThrow("docs/races.md links to no-such-page.md, which does not exist.");
  });
});

describe("brokenLinks", () => {
  const folder = mkdtempSync(join(tmpdir(), "threadstore-site-"));
  const files = {
    "index.html": '<a href="/guide#start">',
    "guide.html": '<h1 id="start"><a href="#start"></a></h1><a href="./sub/"></a>',
    "sub/index.html": '<a href="../guide"></a>',
    "logo.svg": "",
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  afterAll(() => rmSync(folder, { recursive: true }));

  it("finds none in a site that is complete", () => {
    expect(brokenLinks(folder)).toEqual([]);
  });

  it.each([
    ["a missing page", "/missing", false],
    ["a missing section", "/guide#missing", false],
    ["a missing section of the page itself", "#missing", false],
    ["a missing image", "/missing.svg", false],
    [
      "a missing file of the repository",
      "https://github.com/threadstore/threadstore/blob/main/missing.ts",
      false,
    ],
    [
      "an installed file",
      "https://github.com/threadstore/threadstore/blob/main/packages/../node_modules/vitest/package.json",
      false,
    ],
    ["an image", "/logo.svg", true],
    ["a folder", "/sub/", true],
    ["a file of the repository", "https://github.com/threadstore/threadstore/edit/main/docs/errors.md", true],
    ["another site", "https://example.org/missing", true],
    ["an address of mail", "mailto:a@example.org", true],
  ])("judges a link to %s", (_, link, isGood) => {
    writeFileSync(join(folder, "page.html"), `<a class="x" href="${link}"></a>`);
    expect(brokenLinks(folder)).toEqual(isGood ? [] : [`page.html: ${link}`]);
    rmSync(join(folder, "page.html"));
  });
});
