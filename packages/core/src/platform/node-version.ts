/** The oldest supported version of Node.js. */
const NEEDED = [22, 12] as const;

/** The versions of a runtime: a part of `process.versions`. */
export interface RuntimeVersions {
  readonly node?: string | undefined;
  readonly bun?: string | undefined;
  readonly deno?: string | undefined;
}

/**
 * Throws an error that says which version is needed if the runtime is an older Node.js. Bun and Deno also state a version
 * of Node.js, which is the one that they resemble most.
 */
export function checkNodeVersion({ node, bun, deno }: RuntimeVersions): void {
  if (node === undefined || bun !== undefined || deno !== undefined) return;
  const [major = 0, minor = 0] = node.split(".").map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return;
  throw new Error(
    `ThreadStore needs Node.js ${NEEDED.join(".")} or newer, but this process runs Node.js ${node}. Install a newer version of Node.js.`,
  );
}
