import { readManifests } from "./packages.ts";
import type { Workbench } from "./workbench.ts";

/** Counts the modules that the import of a package loads: those of this workspace, and all of them. */
export const COUNTING_PROGRAM: string = `
import { registerHooks } from "node:module";
const own = { modules: 0, bytes: 0 };
const all = { modules: 0, bytes: 0 };
registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.startsWith("file:")) return loaded;
    const bytes = loaded.source?.length ?? 0;
    for (const count of /\\/node_modules\\/@?threadstore\\//.test(url) ? [own, all] : [all]) {
      count.modules += 1;
      count.bytes += bytes;
    }
    return loaded;
  },
});
await import(process.argv[2]);
console.log(JSON.stringify({ own, all }));
`;

interface Count {
  readonly modules: number;
  readonly bytes: number;
}

/** The modules that the import of a package loads. */
export interface Size {
  readonly name: string;
  readonly own: Count;
  readonly all: Count;
}

export async function measureSizes(workbench: Workbench): Promise<Size[]> {
  const project = await workbench.application();
  await project.write("count.mjs", COUNTING_PROGRAM);
  const sizes: Size[] = [];
  for (const { name } of readManifests()) {
    const output = await project.succeed(process.execPath, ["count.mjs", name]);
    const json = output.split("\n").find((line) => line.startsWith("{")) ?? "{}";
    sizes.push({ name, ...(JSON.parse(json) as Omit<Size, "name">) });
  }
  return sizes;
}

export function formatSizes(sizes: readonly Size[]): string {
  const rows = sizes.map(({ name, own, all }) => `| \`${name}\` | ${format(own)} | ${format(all)} |`);
  const heading = "| package | own modules | KB | all modules | KB |\n|---|---|---|---|---|";
  return [heading, ...rows, ""].join("\n");
}

function format({ modules, bytes }: Count): string {
  return `${modules} | ${Math.round(bytes / 1000)}`;
}
