/**
 * Returns a sink that passes text on in pieces that never split a character: if a piece ended between two surrogates,
 * encoding each piece on its own would write two replacement characters.
 */
export function splitCharacters(pass: (piece: string) => void): {
  add: (piece: string) => void;
  end: () => void;
} {
  let pendingSurrogate = "";
  return {
    add(piece) {
      const text = pendingSurrogate + piece;
      pendingSurrogate = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? "";
      const complete = text.slice(0, text.length - pendingSurrogate.length).toWellFormed();
      if (complete !== "") pass(complete);
    },
    end() {
      if (pendingSurrogate !== "") pass(pendingSurrogate.toWellFormed());
    },
  };
}
