import { type ConformanceCase, section } from "../suite/conformance-case.ts";
import { absent, same } from "../suite/expectations.ts";
import { idsOf } from "./reading.ts";

/** That the harness is what it says: if it is not, other cases prove less than they seem to. */
export const selfChecks: ConformanceCase[] = section("Self-checks", "core", [
  {
    id: "X05",
    title: "a place that was destroyed is empty when it is opened again",
    clauses: ["D3"],
    async run({ newPlace, close }) {
      const place = newPlace();
      const store = await place.open();
      for (const space of [store, store.namespace("x")]) await space.save("a", { n: 1 });
      await close(store);
      await place.destroy();
      const again = await place.open();
      for (const space of [again, again.namespace("x")]) {
        same(await idsOf(space), [], "the harness's destroy leaves nothing to list");
        await absent(space, "a", "the harness's destroy leaves nothing to load");
      }
      await again.save("a", { n: 2 });
    },
  },
]);
