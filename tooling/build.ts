// Builds the packages whose sources changed, and prints output only if that fails. One process builds all of them:
// several that run at the same time would build the same referenced packages, and read what another has half written.
import { step } from "./run.ts";

await step("Build", "tsc", "-b");
// Only if its files changed.
await step("Page of the viewer", "node", "packages/threadstore/page/build.ts");
