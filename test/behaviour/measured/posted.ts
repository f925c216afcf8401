// What a window was told of sockets, read from the queue of messages.
import { expect } from 'vitest';
import { WSAGETSELECTERROR, WSAGETSELECTEVENT } from 'ws2spi';
import type { World } from '../../support/providers.js';
import { EVENT_NAMES, MESSAGE } from '../../support/window-messages.js';

/** A window that sockets report to. */
export class Watcher {
  readonly hWnd: number;

  constructor(readonly world: World) {
    this.hWnd = world.ws2.host.CreateWindow();
  }

  /** Calls WSAAsyncSelect; 0 or the error. */
  select(s: number, events: number): number {
    return this.world.code(this.world.ws2.WSAAsyncSelect(s, this.hWnd, MESSAGE, events));
  }

  /**
   * Takes what was posted: each message's event, with its error if it has one. All are of one socket if that is given.
   */
  posted(socket?: number): string[] {
    const { world } = this;
    world.settle();
    if (world.native) for (let i = 0; i < 4; i++) world.ws2.host.SleepEx(1, false);
    const found: string[] = [];
    for (;;) {
      const message = world.ws2.host.PeekMessage(0, true);
      if (message === null) return found;
      expect(message.message).toBe(MESSAGE);
      if (socket !== undefined) expect(message.wParam).toBe(socket);
      const error = WSAGETSELECTERROR(message.lParam);
      found.push(EVENT_NAMES[WSAGETSELECTEVENT(message.lParam)]! + (error === 0 ? '' : ` ${error}`));
    }
  }
}

/** Closes a socket so that its connection is reset. */
export function reset(world: World, s: number): void {
  expect(world.code(world.ws2.setsockopt(s, 0xffff, 0x80, Uint8Array.of(1, 0, 0, 0), 4))).toBe(0);
  expect(world.code(world.ws2.closesocket(s))).toBe(0);
}
