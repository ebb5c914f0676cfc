export { runDurability, type RunSource } from "./run-durability.ts";
