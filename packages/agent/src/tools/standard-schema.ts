/**
 * The part of the Standard Schema and Standard JSON Schema specifications (https://standardschema.dev) that
 * tools use. The specification invites copying its types instead of depending on them; zod 4, Valibot and
 * ArkType schemas fit.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** Present where the library can turn the schema into JSON Schema, as zod does from 4.2. */
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => { [keyword: string]: unknown };
    };
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What a schema's validation gives. */
export type StandardOutput<Schema extends StandardSchema> = NonNullable<
  Schema["~standard"]["types"]
>["output"];

export function isStandardSchema(value: unknown): value is StandardSchema {
  // ArkType's schemas are functions.
  const canHaveMembers = (typeof value === "object" && value !== null) || typeof value === "function";
  return canHaveMembers && "~standard" in value;
}

/** The issues in one line, such as `city: expected a string; days: too big`. */
export function describeIssues(issues: readonly StandardIssue[]): string {
  return issues.map(({ path, message }) => describePath(path) + message).join("; ");
}

function describePath(path: StandardIssue["path"]): string {
  if (path === undefined || path.length === 0) return "";
  const keys = path.map((segment) => String(typeof segment === "object" ? segment.key : segment));
  return `${keys.join(".")}: `;
}
