import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import { Application, TSConfigReader } from "typedoc";
import { PAGES } from "./generate.ts";
import { read, REPOSITORY, ROOT } from "./pages.ts";

/** Returns the sources of the entry points of all packages, as their `exports` name them. */
function entryPoints(): string[] {
  return globSync("packages/*/package.json", { cwd: ROOT })
    .toSorted()
    .flatMap((file) => {
      const { exports } = JSON.parse(read(file)) as { exports: Record<string, { types?: string }> };
      return Object.values(exports).flatMap(({ types }) =>
        types === undefined ? [] : [sourceOf(file, types)],
      );
    });
}

function sourceOf(manifest: string, types: string): string {
  return join(ROOT, dirname(manifest), types.replace("./dist/", "src/").replace(/\.d\.ts$/u, ".ts"));
}

/** Writes the API reference as Markdown: a page for each entry point. */
export async function generateApiReference(): Promise<void> {
  const out = join(PAGES, "api");
  const options = {
    entryPoints: entryPoints(),
    tsconfig: join(import.meta.dirname, "../tsconfig.api.json"),
    basePath: join(ROOT, "packages"),
    plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme"],
    readme: "none",
    name: "API reference",
    out,
    docsRoot: PAGES,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    excludeInternal: true,
    excludePrivate: true,
    // A page for each entry point.
    router: "module",
    sourceLinkTemplate: `${REPOSITORY}/blob/main/packages/{path}#L{line}`,
    disableGit: true,
    // The compiler of the repository checks the sources.
    skipErrorChecking: true,
    parametersFormat: "table",
    interfacePropertiesFormat: "table",
    typeAliasPropertiesFormat: "table",
    useCodeBlocks: true,
    expandObjects: true,
    logLevel: "Error",
  };
  const application = await Application.bootstrapWithPlugins(options as object, [new TSConfigReader()]);
  const project = await application.convert();
  if (project === undefined || application.logger.hasErrors())
    throw new Error("The API reference has errors.");
  // Names as in imports, without the scope: "core/driver" for packages/core/src/driver.ts.
  for (const entryPoint of project.children ?? []) {
    entryPoint.name = entryPoint.name.replace(/\/src(?:\/index)?/u, "");
  }
  await application.generateOutputs(project);
}
