/**
 * The first four bytes of each operation that a server sends, read as one little-endian 32-bit
 * integer. One comparison recognizes an operation.
 *
 * @see https://docs.nats.io/reference/reference-protocols/nats-protocol
 */

/** `INFO`: 0x49 0x4e 0x46 0x4f */
export const INFO = 1330007625;
/** `MSG `: 0x4d 0x53 0x47 0x20 */
export const MSG = 541545293;
/** `HMSG`: 0x48 0x4d 0x53 0x47 */
export const HMSG = 1196641608;
/** `PING`: 0x50 0x49 0x4e 0x47 */
export const PING = 1196312912;
/** `PONG`: 0x50 0x4f 0x4e 0x47 */
export const PONG = 1196314448;
/** `+OK\r`: 0x2b 0x4f 0x4b 0x0d */
export const OK = 223039275;
/** `-ERR`: 0x2d 0x45 0x52 0x52 */
export const ERR = 1381123373;
