export type { RouterOptions } from "./options.ts";
export { routerStore } from "./router-store.ts";
