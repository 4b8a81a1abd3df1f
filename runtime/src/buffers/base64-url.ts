/**
 * @param bytes A few bytes.
 * @returns Letters, digits, `-` and `_`, without padding.
 * @see RFC 4648, section 5
 */
export function base64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
