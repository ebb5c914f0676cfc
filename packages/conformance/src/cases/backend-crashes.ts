import { killBackend } from "../engines/crash/kill-backend.ts";
import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { holds } from "../suite/expectations.ts";

export const backendCrashes: ConformanceCase[] = section("Crashes", "durable", [
  {
    id: "D13",
    title: "the settings on which it depends that a save is durable are as the store promises",
    clauses: ["D2"],
    powers: ["durability"],
    async run({ newPlace }) {
      const place = newPlace();
      const store = await place.open();
      await store.save("a", { n: 1 });
      const settings = await place.durabilitySettings();
      holds(settings.length > 0, "the harness looks up what durability depends on", "it looked up nothing");
      for (const { name, promised, found } of settings) {
        const isKept = promised.includes(found);
        holds(isKept, `${name} is ${promised.join(" or ")} where the store saves`, `it is ${found}`);
      }
    },
  },
  {
    id: "D14",
    title: "acknowledged saves survive kill -9 of the backend, and the store goes on with it",
    clauses: ["D2", "E4", "C6"],
    powers: ["backend"],
    timeoutMs: 480_000,
    run: killBackend,
  },
]);
