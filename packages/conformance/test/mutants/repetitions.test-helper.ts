import { suiteSettings } from "../../src/suite/settings.ts";

/** How often a case must kill a mutant that depends on timing. With quick effort, a few times show that it does. */
export const TIMES: number = suiteSettings().effort === "quick" ? 6 : 20;
