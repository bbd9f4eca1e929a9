/** The grammar of a JSON number, one character at a time, for numbers that arrive in pieces. */

export const START = 0;
const SIGN = 2;
const ZERO = 3;
const INTEGER = 5;
const POINT = 6;
const FRACTION = 7;
const EXPONENT = 8;
const EXPONENT_SIGN = 10;
const EXPONENT_DIGITS = 11;

/** Whether a number may end in this state: those are the odd ones. */
export function isWholeNumber(state: number): boolean {
  return (state & 1) === 1;
}

/** The state after one more UTF-16 unit, or START when the number cannot go on with it. */
export function numberStep(state: number, code: number): number {
  if (code >= 0x30 && code <= 0x39) {
    switch (state) {
      case START:
      case SIGN:
        return code === 0x30 ? ZERO : INTEGER;
      case ZERO:
        return START;
      case POINT:
        return FRACTION;
      case EXPONENT:
      case EXPONENT_SIGN:
        return EXPONENT_DIGITS;
      default:
        return state;
    }
  }
  switch (code) {
    case 0x2d:
      return state === START ? SIGN : state === EXPONENT ? EXPONENT_SIGN : START;
    case 0x2b:
      return state === EXPONENT ? EXPONENT_SIGN : START;
    case 0x2e:
      return state === ZERO || state === INTEGER ? POINT : START;
    case 0x45:
    case 0x65:
      return state === ZERO || state === INTEGER || state === FRACTION ? EXPONENT : START;
    default:
      return START;
  }
}
