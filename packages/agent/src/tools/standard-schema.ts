/**
 * The part of the Standard Schema and Standard JSON Schema specifications (https://standardschema.dev) that tools
 * use. The specification recommends copying its types instead of depending on them. Schemas of zod 4, Valibot and
 * ArkType implement it.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    /** Present if the library can convert the schema to JSON Schema, as zod can since 4.2. */
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

/** The type of a schema's validated values. */
export type StandardOutput<Schema extends StandardSchema> = NonNullable<
  Schema["~standard"]["types"]
>["output"];

export function isStandardSchema(value: unknown): value is StandardSchema {
  // ArkType's schemas are functions.
  const canHaveMembers = (typeof value === "object" && value !== null) || typeof value === "function";
  return canHaveMembers && "~standard" in value;
}

/** Returns the issues on one line, such as `city: expected a string; days: too big`. */
export function formatIssues(issues: readonly StandardIssue[]): string {
  return issues.map(({ path, message }) => formatPath(path) + message).join("; ");
}

function formatPath(path: StandardIssue["path"]): string {
  if (path === undefined || path.length === 0) return "";
  const keys = path.map((segment) => String(typeof segment === "object" ? segment.key : segment));
  return `${keys.join(".")}: `;
}
