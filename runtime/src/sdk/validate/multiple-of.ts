/** An integer or a fraction. */
type Numeric = number | bigint;

/**
 * Checks that a number is a multiple of another, in decimal arithmetic: 0.07 is a multiple of 0.01,
 * although the quotient of both binary numbers is no integer.
 *
 * @see JSON Schema Validation draft-07, 6.2.1
 */
export function multipleOf(value: Numeric, divisor: number): boolean {
  if (typeof value === "number" && Number.isSafeInteger(value) && Number.isSafeInteger(divisor))
    return value % divisor === 0;
  const a = decimalOf(value);
  const b = decimalOf(divisor);
  const exponent = Math.min(a.exponent, b.exponent);
  const unit = scaled(b, exponent);
  return unit !== 0n && scaled(a, exponent) % unit === 0n;
}

/** A number as an integer and a power of ten. */
interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** The shortest decimal that reads as the number, which is how JSON writes it. */
function decimalOf(value: Numeric): Decimal {
  if (typeof value === "bigint") return { digits: value, exponent: 0 };
  const [digits = "", power = ""] = value.toExponential().split("e");
  const [whole = "", fraction = ""] = digits.split(".");
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}

function scaled({ digits, exponent }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(exponent - to);
}
