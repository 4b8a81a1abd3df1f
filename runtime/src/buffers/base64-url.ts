/**
 * Encodes bytes in base64url without padding.
 *
 * @param bytes A small number of bytes.
 * @returns Letters, digits, `-` and `_`.
 * @see RFC 4648, section 5
 */
export function base64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
