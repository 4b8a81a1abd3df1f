/**
 * Length of a string in characters: a surrogate pair is one.
 *
 * @see JSON Schema Validation draft-07, 6.3.1
 */
export function ucs2length(text: string): number {
  let { length } = text;
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      length--;
      i++;
    }
  }
  return length;
}
