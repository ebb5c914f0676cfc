import * as sdk from "ai";

/** Whether the version of the SDK reports the error of the model at the end of a stream, as version 7 does. */
export const REPORTS_ERRORS: boolean = "toUIMessageStream" in sdk;
