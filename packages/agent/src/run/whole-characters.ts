/**
 * Passes text on in pieces that can each be encoded by themselves: a piece may end amid a character, and
 * whoever wrote both halves to a socket would write two replacement characters.
 */
export function wholeCharacters(pass: (piece: string) => void): {
  add: (piece: string) => void;
  end: () => void;
} {
  let held = "";
  return {
    add(piece) {
      const text = held + piece;
      held = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? "";
      const whole = text.slice(0, text.length - held.length).toWellFormed();
      if (whole !== "") pass(whole);
    },
    end() {
      if (held !== "") pass(held.toWellFormed());
    },
  };
}
