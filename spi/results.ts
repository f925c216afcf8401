// What a number is that a function returns.

/** How it went: 0, or the WinSock code of what went wrong, which is positive. */
export type ErrorCode = number;

/** How much there was, 0 or more: bytes, unless said. Or the negated WinSock code of what went wrong. */
export type CountOrNegatedCode = number;
