import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DefaultTheme, defineConfig, type UserConfig } from "vitepress";
import { anchorOf } from "../src/anchors.ts";
import { sidebar } from "../src/navigation.ts";
import { pages, REPOSITORY } from "../src/pages.ts";

const folder = join(import.meta.dirname, "../.pages/api");
const api = globSync("**/*.md", { cwd: folder })
  .filter((file) => file !== "index.md")
  .map((file) => file.replace(/\.md$/u, ""))
  .toSorted()
  .map((name) => {
    const [, text = name] = /^# (.+)$/mu.exec(readFileSync(join(folder, `${name}.md`), "utf8")) ?? [];
    return { text, link: `/api/${name}` };
  });

const base = process.env["DOCS_BASE"] ?? "/";

const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: "ThreadStore",
  description: "Persist an AI agent's conversation and resume it later, in the storage you already run.",
  lang: "en",
  base,
  srcDir: ".pages",
  outDir: "dist",
  cacheDir: "../.cache/vitepress",
  cleanUrls: true,
  lastUpdated: false,
  transformPageData(page) {
    if (page.frontmatter["edit"] === undefined) page.frontmatter["editLink"] = false;
  },
  vite: {
    // The index of the search, which is loaded with the first search.
    build: { chunkSizeWarningLimit: 5000 },
  },
  markdown: {
    anchor: { slugify: anchorOf },
    theme: { light: "github-light", dark: "github-dark" },
  },
  head: [
    ["link", { rel: "icon", type: "image/svg+xml", href: `${base}logo.svg` }],
    ["meta", { name: "theme-color", content: "#3451b2" }],
  ],
  themeConfig: {
    logo: "/logo.svg",
    nav: [
      { text: "Guide", link: "/persist-and-resume", activeMatch: "^/(?!api/|packages/|decisions/)." },
      { text: "Packages", link: "/packages/core", activeMatch: "^/packages/" },
      { text: "API", link: "/api/", activeMatch: "^/api/" },
    ],
    sidebar: {
      "/api/": [{ text: "API reference", items: api }],
      "/": sidebar(pages()) as DefaultTheme.SidebarItem[],
    },
    outline: { level: [2, 3] },
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: REPOSITORY }],
    editLink: {
      // Runs in the browser, so it must not refer to anything here.
      pattern: ({ frontmatter }) => String(frontmatter["edit"]),
      text: "Edit this page",
    },
    footer: { message: "Released under the MIT License." },
  },
});

export default config;
