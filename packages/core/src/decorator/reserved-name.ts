/** Keeps a name that a decorator uses apart from the same name used by callers. */
export interface ReservedName {
  /** Returns a caller's name as the inner store has it: the reserved name, or an escaped one, gets a tilde. */
  readonly escape: (name: string) => string;
  /** Reverses `escape`. */
  readonly unescape: (name: string) => string;
}

/** Reserves `name` for a decorator. Distinct names of callers stay distinct. */
export function reservedName(name: string): ReservedName {
  const collides = (other: string): boolean =>
    other.startsWith(name) && /^~*$/u.test(other.slice(name.length));
  return {
    escape: (other) => (collides(other) ? `${other}~` : other),
    unescape: (other) => (collides(other) ? other.slice(0, -1) : other),
  };
}
