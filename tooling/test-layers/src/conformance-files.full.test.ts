import { testLayersOn } from "./conformance-stores.ts";

await testLayersOn("file-system");
