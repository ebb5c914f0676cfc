// Builds what is not built yet; quiet when it goes well.
import { step } from "./run.ts";

await step("Build", "turbo", "run", "build", "--output-logs=errors-only");
