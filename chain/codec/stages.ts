/**
 * The states of a codec's connection, and what leads from one to the other:
 *
 * | state | from | by |
 * |---|---|---|
 * | `Stage.HANDSHAKE` | NONE | `start`: the connection below is there |
 * | `Stage.USABLE` | HANDSHAKE | `output.ready`, or at once for a codec without a handshake |
 * | `Stage.BROKEN` | any before | `broke`: something on the way failed |
 * | `Stage.CLOSED` | any | `close` |
 * | `Receiving.ENDING` | OPEN | `end`: all that the peer sent is decoded |
 * | `Receiving.OVER` | OPEN, ENDING | `output.finished`, or at once for a codec without `end` |
 * | `Sending.HELD` | OPEN | `shutdown` |
 * | `Sending.ENDING` | HELD | `output.ended`, a timer, at once for a codec that holds nothing back, after the layer's `endTimeout` for any |
 * | `Sending.ENDED` | ENDING | `sentEnd`: all that it encoded is on its way |
 *
 * | `EarlyEnd.DUE` | NONE | `output.ended` while `Sending` is OPEN |
 * | `EarlyEnd.SENT` | DUE | `sentEnd` |
 *
 * Those of a socket of datagrams, which change in `DatagramCoreOverSocket` alone:
 *
 * | state | from | by |
 * |---|---|---|
 * | `DatagramStage.BROKEN` | OPEN | the provider below cannot say what has happened |
 * | `DatagramStage.LEAVING` | OPEN, BROKEN | `close` |
 * | `DatagramStage.GONE` | any | `abort`; from LEAVING: all is sent, nothing can be sent, or ten seconds are over |
 *
 * @module
 */

/** What becomes of a connection's codec. */
export const Stage = {
  /** There is no connection yet. */
  NONE: 0,
  /** The codec works, and has not called the connection usable. */
  HANDSHAKE: 1,
  USABLE: 2,
  /** The connection broke: what the codec answers is for nobody. */
  BROKEN: 3,
  CLOSED: 4,
} as const;

/** How far the end of what is received has come. */
export const Receiving = {
  OPEN: 0,
  /** The peer has ended its side, and the codec knows. */
  ENDING: 1,
  /** Nothing more will be decoded. */
  OVER: 2,
} as const;

/** How far the end of what is sent has come. */
export const Sending = {
  OPEN: 0,
  /** The application ended it, and the codec has data still to come. */
  HELD: 1,
  /** It goes out behind what is encoded. */
  ENDING: 2,
  /** It went out: what is encoded now comes too late. */
  ENDED: 3,
} as const;

/** How far an end has come that the codec, not the application, gave what is sent. */
export const EarlyEnd = { NONE: 0, DUE: 1, SENT: 2 } as const;

/** What becomes of a socket of datagrams: the table is in the head of this file. */
export const DatagramStage = {
  OPEN: 0,
  /** Nothing is told any more of what happens below. */
  BROKEN: 1,
  /** It is closed, and what was sent still goes out. */
  LEAVING: 2,
  GONE: 3,
} as const;
