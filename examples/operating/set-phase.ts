// Run: node set-phase.ts pausing
import stores from "./threadstore.config.ts";

const [phase = ""] = process.argv.slice(2);
if (!["copying", "pausing", "moved"].includes(phase)) throw new Error("Pass copying, pausing or moved.");
await using store = stores.production();
await store.namespace("move").save("phase", { phase }, { overwrite: true });
