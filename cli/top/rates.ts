// What changes from one look to the next.
import type { SocketLook, TrafficLook } from '../../looks/index.js';
import type { LookOutcome } from './programs.js';

/** One line of the picture: a socket, with bytes per second since the look before. */
export interface SocketRow extends SocketLook {
  readonly pid: number;
  readonly thread: number;
  readonly sentRate: number;
  readonly receivedRate: number;
  readonly layerRates: readonly { readonly name: string; readonly sent: number; readonly received: number }[];
}

interface Earlier {
  readonly at: number;
  readonly socket: SocketLook;
}

/** Remembers each socket's counts of the look before. */
export class Rates {
  #earlier = new Map<string, Earlier>();

  /** Makes the lines of a look. */
  rows(outcomes: readonly LookOutcome[]): SocketRow[] {
    const now = new Map<string, Earlier>();
    const rows = outcomes.flatMap(({ pid, thread, look }) => {
      if (look === null) return [];
      return look.sockets.map((socket) => {
        const key = `${pid} ${thread} ${socket.id}`;
        const before = this.#earlier.get(key);
        now.set(key, { at: look.at, socket });
        const seconds = before === undefined ? 0 : (look.at - before.at) / 1000;
        const rate = (count: number, earlier: number | undefined): number =>
          seconds > 0 ? Math.max(0, (count - (earlier ?? count)) / seconds) : 0;
        const layerRates = socket.layers.map(({ name, sent, received }: TrafficLook, place) => {
          const its = before?.socket.layers[place];
          return { name, sent: rate(sent, its?.sent), received: rate(received, its?.received) };
        });
        return {
          ...socket,
          pid,
          thread,
          sentRate: rate(socket.sent, before?.socket.sent),
          receivedRate: rate(socket.received, before?.socket.received),
          layerRates,
        };
      });
    });
    this.#earlier = now;
    return rows;
  }
}
