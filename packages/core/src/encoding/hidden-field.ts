/** A value attached to objects that callers hold, invisible to them and not part of a copy. */
export interface HiddenField<Value extends object> {
  attach(target: object, value: Value): void;
  /** Returns the value attached to `target` itself, not to an object that it inherits from or was copied from. */
  read(target: object): Value | undefined;
}

/** A constructor that returns its argument, so that a subclass adds its private fields to that object. */
const ReturnArgument = function (target: object): object {
  return target;
} as unknown as new (target: object) => object;

/**
 * Creates a hidden field. With a `WeakMap`, each value and all that it references would stay in memory until the next
 * full garbage collection after its object is gone, at every save.
 */
export function hiddenField<Value extends object>(): HiddenField<Value> {
  class Holder extends ReturnArgument {
    readonly #value: Value;

    constructor(target: object, value: Value) {
      super(target);
      this.#value = value;
    }

    static read(target: object): Value | undefined {
      return #value in target ? target.#value : undefined;
    }
  }
  return {
    attach: (target, value) => void new Holder(target, value),
    read: (target) => Holder.read(target),
  };
}
