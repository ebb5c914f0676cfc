// Builds the site into site/dist, and checks its links. Needs the built packages, whose types it reads.
import { join } from "node:path";
import { build } from "vitepress";
import { generateApiReference } from "./api-reference.ts";
import { brokenLinks } from "./check-links.ts";
import { generatePages } from "./generate.ts";

const site = join(import.meta.dirname, "..");
generatePages();
await generateApiReference();
await build(site);
const broken = brokenLinks(join(site, "dist"), process.env["DOCS_BASE"] ?? "/");
for (const link of broken) console.error(`Broken link: ${link}`);
if (broken.length > 0) process.exitCode = 1;
else console.log(`Built ${join(site, "dist")}. All links lead somewhere.`);
