/** Whether a detail appears when the error is logged. Use `hidden` for content, which must not end up in a log. */
export type DetailVisibility = "hidden" | "visible";

/** The definition of an error class. */
export interface ErrorClassDefinition<Code extends string, Details extends object> {
  /** The name of the class, which each error has as its `name`. */
  readonly name: string;
  /** The key of a registered symbol, by which installed copies of the package recognize each other's errors. */
  readonly brand: string;
  /** All codes. The set is closed, and a code's meaning never changes within a major version. */
  readonly codes: readonly Code[];
  /** The codes of failures for which the same call can succeed later with nothing else changed. */
  readonly retryable?: readonly Code[] | undefined;
  /** All details except `cause`, in the order in which a log shows them. */
  readonly details: { readonly [Name in Exclude<keyof Details, "cause">]-?: DetailVisibility };
}

/** An error with a code to branch on. */
export type CodedError<Code extends string, Details extends object> = Error &
  Readonly<Details> & {
    readonly code: Code;
    /** Whether the same call can succeed when it is repeated later with nothing else changed. */
    readonly retryable: boolean;
    /** Returns the error as data for a log, without its cause and hidden details. */
    toJSON(): object;
  };

/** A class of coded errors, made by {@link defineErrorClass}. */
export interface ErrorClass<Code extends string, Details extends object> {
  new (code: Code, message: string, details?: Details): CodedError<Code, Details>;
  readonly prototype: CodedError<Code, Details>;
  /** All codes of this class. */
  readonly codes: readonly Code[];
  /**
   * Returns whether `error` is of this class and, if a code is passed, has that code. Unlike `instanceof`, recognizes
   * errors of other installed copies of the package.
   */
  is<Expected extends Code = Code>(error: unknown, code?: Expected): error is CodedError<Expected, Details>;
}

/**
 * Defines the error class of a package. Export the type under the same name:
 *
 * ```ts
 * export type SessionError = CodedError<SessionErrorCode, SessionErrorDetails>;
 * export const SessionError: ErrorClass<SessionErrorCode, SessionErrorDetails> = defineErrorClass({ … });
 * ```
 */
export function defineErrorClass<Code extends string, Details extends object>(
  definition: ErrorClassDefinition<Code, Details>,
): ErrorClass<Code, Details> {
  const { name, retryable = [] } = definition;
  const brand = Symbol.for(definition.brand);
  const codes: readonly Code[] = Object.freeze([...definition.codes]);
  const visibilities = Object.entries<DetailVisibility>(definition.details);
  const visible = visibilities.filter(([, visibility]) => visibility === "visible").map(([detail]) => detail);
  const hidden = visibilities.filter(([, visibility]) => visibility === "hidden").map(([detail]) => detail);

  class DefinedError extends Error {
    static readonly codes = codes;
    override readonly name = name;
    readonly code: Code;
    readonly retryable: boolean;

    constructor(code: Code, message: string, details: { readonly [detail: string]: unknown } = {}) {
      super(message, "cause" in details ? { cause: details["cause"] } : undefined);
      this.code = code;
      this.retryable = retryable.includes(code);
      for (const detail of visible) Object.assign(this, { [detail]: details[detail] });
      for (const detail of hidden) Object.defineProperty(this, detail, { value: details[detail] });
      Object.defineProperty(this, brand, { value: true });
    }

    static is(error: unknown, code?: string): boolean {
      if (typeof error !== "object" || error === null || !(brand in error)) return false;
      return code === undefined || ("code" in error && error.code === code);
    }

    toJSON(): object {
      const shown = ["name", "code", "message", "retryable", ...visible];
      return Object.fromEntries(shown.map((property) => [property, Reflect.get(this, property)]));
    }
  }

  Object.defineProperty(DefinedError, "name", { value: name });
  return DefinedError as unknown as ErrorClass<Code, Details>;
}
