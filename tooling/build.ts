// Builds the packages whose sources changed, and prints output only if that fails.
import { step } from "./run.ts";

await step("Build", "turbo", "run", "build", "--output-logs=errors-only");
