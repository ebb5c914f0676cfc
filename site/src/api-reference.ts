import { existsSync, globSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Application, type Reflection, ReflectionKind, TSConfigReader } from "typedoc";
import { ModuleRouter } from "typedoc-plugin-markdown";
import { PAGES } from "./generate.ts";
import { read, REPOSITORY, ROOT } from "./pages.ts";

/** Returns the names of all entry points, such as `core/driver`, by their sources. */
function entryPoints(): Map<string, string> {
  const manifests = globSync("packages/*/package.json", { cwd: ROOT }).toSorted();
  return new Map(manifests.flatMap((file) => entryPointsOf(dirname(file), read(file))));
}

function entryPointsOf(folder: string, manifest: string): [source: string, name: string][] {
  const { exports } = JSON.parse(manifest) as { exports: Record<string, { types?: string }> };
  return Object.entries(exports).flatMap(([path, { types }]) => {
    if (types === undefined) return [];
    const source = types.replace("./dist/", "src/").replace(/\.d\.ts$/u, ".ts");
    return [[join(ROOT, folder, source), join(basename(folder), path)]];
  });
}

/** A page for each entry point, at the name under which programs import it. */
class EntryPointRouter extends ModuleRouter {
  /** Keeps the names of pages and members apart: `agent` exports the type `Provider`, and has the entry `provider`. */
  override getIdealBaseName(reflection: Reflection): string {
    const name = super.getIdealBaseName(reflection);
    return reflection.kindOf(ReflectionKind.Module) ? name : join("members", name);
  }
}

/** Writes the API reference as Markdown: a page for each entry point. */
export async function generateApiReference(): Promise<void> {
  const out = join(PAGES, "api");
  const names = entryPoints();
  const options = {
    entryPoints: [...names.keys()],
    tsconfig: join(import.meta.dirname, "../tsconfig.api.json"),
    basePath: join(ROOT, "packages"),
    plugin: ["typedoc-plugin-markdown"],
    readme: "none",
    name: "API reference",
    out,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    excludeInternal: true,
    // What a class inherits from those of the platform.
    excludeExternals: true,
    excludePrivate: true,
    entryFileName: "index",
    // Headings that are alike get other ids in VitePress.
    useHTMLAnchors: true,
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
  application.renderer.defineRouter("entry-points", EntryPointRouter);
  application.options.setValue("router", "entry-points");
  const project = await application.convert();
  if (project === undefined || application.logger.hasErrors())
    throw new Error("The API reference has errors.");
  for (const entryPoint of project.children ?? []) {
    entryPoint.name = names.get(entryPoint.sources?.[0]?.fullFileName ?? "") ?? entryPoint.name;
  }
  await application.generateOutputs(project);
  const missing = [...names.values()].filter((name) => !existsSync(join(out, `${name}.md`)));
  if (missing.length > 0)
    throw new Error(`The API reference does not have a page for ${missing.join(", ")}.`);
}
