import { startWatchdog } from "../../src/cli/watchdog.ts";

// A program for cli.test.ts whose promises let no timer fire, as those of a broken store may do during a case.
const watchdog = startWatchdog(300);
watchdog.caseStarted("C2-11");
for (;;) await Promise.resolve();
