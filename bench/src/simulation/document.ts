/** Replaces the tables of a document, each between a comment with its name and the next empty line. */
export function withTables(document: string, tables: { readonly [name: string]: string }): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const place = new RegExp(`(<!-- table: ${name} -->\n\n)(?:\\|.*\n)*`, "u");
    if (!place.test(text)) throw new Error(`The document has no place for the table "${name}".`);
    return text.replace(place, (_, comment: string) => `${comment}${table}\n`);
  }, document);
}
