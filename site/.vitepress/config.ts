import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DefaultTheme, defineConfig, type UserConfig } from "vitepress";
import { anchorOf } from "../src/anchors.ts";
import { sidebar } from "../src/navigation.ts";
import { pages, REPOSITORY } from "../src/pages.ts";

const api = join(import.meta.dirname, "../.pages/api/typedoc-sidebar.json");
const apiSidebar = existsSync(api)
  ? (JSON.parse(readFileSync(api, "utf8")) as DefaultTheme.SidebarItem[])
  : [];

const config: UserConfig<DefaultTheme.Config> = defineConfig({
  title: "ThreadStore",
  description: "Persist an AI agent's conversation and resume it later, in the storage you already run.",
  lang: "en",
  base: process.env["DOCS_BASE"] ?? "/",
  srcDir: ".pages",
  outDir: "dist",
  cacheDir: "../.cache/vitepress",
  cleanUrls: true,
  lastUpdated: false,
  transformPageData(page) {
    if (page.frontmatter["edit"] === undefined) page.frontmatter["editLink"] = false;
  },
  vite: {
    // Its esbuild does not know the target of the repository's settings.
    esbuild: { target: "es2022", tsconfigRaw: {} },
    // The index of the search, which is loaded with the first search.
    build: { chunkSizeWarningLimit: 5000 },
  },
  markdown: {
    anchor: { slugify: anchorOf },
    theme: { light: "github-light", dark: "github-dark" },
  },
  head: [["meta", { name: "theme-color", content: "#3451b2" }]],
  themeConfig: {
    nav: [
      { text: "Guide", link: "/persist-and-resume", activeMatch: "^/(?!api/|packages/|decisions/)." },
      { text: "Packages", link: "/packages/core", activeMatch: "^/packages/" },
      { text: "API", link: "/api/", activeMatch: "^/api/" },
    ],
    sidebar: {
      "/api/": [{ text: "API reference", items: apiSidebar }],
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
