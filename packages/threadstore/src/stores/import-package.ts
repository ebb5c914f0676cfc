import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isError } from "@threadstore/core/driver";
import { UsageError } from "../usage-error.ts";

/** A package that is imported only if it is needed. */
export interface OptionalPackage {
  readonly name: string;
  /** The other packages that it needs, for the message that names what to install. */
  readonly with?: readonly string[];
  /** A package that has this one as a dependency, next to which it may be installed. */
  readonly near?: string;
}

/**
 * Imports a package that is installed in `folder` or next to this one: `npx` keeps this package elsewhere. Throws a
 * {@link UsageError} that names what to install.
 */
export async function importPackage<Module>(
  { name, with: others = [], near }: OptionalPackage,
  folder: string,
): Promise<Module> {
  const path = pathOf(name, folder) ?? (near && resolveIn(pathOf(near, folder) ?? folder, name));
  const missing = `The package ${name} is not installed. Run \`npm install ${[name, ...others].join(" ")}\`.`;
  if (path === undefined) throw new UsageError(missing);
  try {
    return (await import(pathToFileURL(path).href)) as Module;
  } catch (error) {
    if (!isError(error) || !("code" in error) || !/^(?:ERR_)?MODULE_NOT_FOUND$/u.test(String(error.code)))
      throw error;
    throw new UsageError(
      `${name} cannot be loaded, because a package that it needs is not installed. Run \`npm install ${[name, ...others].join(" ")}\`.`,
      { cause: error },
    );
  }
}

/** Imports the package if it is installed. */
export async function importInstalled<Module>(name: string, folder: string): Promise<Module | undefined> {
  try {
    return await importPackage<Module>({ name }, folder);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function pathOf(name: string, folder: string): string | undefined {
  return resolveIn(join(folder, "package.json"), name) ?? resolveIn(import.meta.filename, name);
}

function resolveIn(file: string, name: string): string | undefined {
  try {
    return createRequire(file).resolve(name);
  } catch {
    return undefined;
  }
}
