// Names of the network events that messages tell of.
import { FD_ACCEPT, FD_CLOSE, FD_CONNECT, FD_OOB, FD_READ, FD_WRITE } from 'ws2spi';

/** The message that tests have posted. */
export const MESSAGE = 0x401;

/** Each event's name. */
export const EVENT_NAMES: Record<number, string> = {
  [FD_READ]: 'READ',
  [FD_WRITE]: 'WRITE',
  [FD_OOB]: 'OOB',
  [FD_ACCEPT]: 'ACCEPT',
  [FD_CONNECT]: 'CONNECT',
  [FD_CLOSE]: 'CLOSE',
};
