import { AsyncResource } from 'node:async_hooks';
import dns from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { addressForName, checkLookupOptions, lookUp } from './instance/index.js';
import type { SocketChain } from './socket-chain.js';
import type { ChainConnectOptions } from './socket-options.js';

type Found = Parameters<LookupFunction>[2];

/** How the name that a socket connects to becomes an address: through the instance, unless the program has a way of its own. */
export class LookUp {
  /** What `net` connects by. */
  readonly options: ChainConnectOptions;
  /** How many addresses have been found. */
  found = 0;
  #giveUp: () => void = () => undefined;

  constructor(
    private readonly over: SocketChain,
    options: ChainConnectOptions,
  ) {
    this.options = { ...options };
    const { lookup } = options;
    if (lookup === undefined || lookup === null) {
      this.options.lookup = (name, asked, found) => this.#ask(name, asked, options.localAddress, this.#counted(found));
    } else if (typeof lookup === 'function') {
      // Some answer before they return, when nobody listens to the socket yet.
      this.options.lookup = (name, asked, found) => lookup(name, asked, later(this.#counted(found)));
    }
  }

  #counted(found: Found): Found {
    return (error, answer, family) => {
      this.found = Array.isArray(answer) ? new Set(answer.map((each) => each?.address)).size : 1;
      found(error, answer, family);
    };
  }

  #ask(name: string, asked: dns.LookupOptions, localAddress: string | null | undefined, found: Found): void {
    if (typeof name !== 'string') {
      // Which Node.js refuses, in its own words.
      dns.lookup(name, asked, found);
      return;
    }
    checkLookupOptions(asked);
    const { instance, chain } = this.over;
    const family = isIP(localAddress ?? '') || asked.family;
    const standIn = addressForName(instance, chain, name, family === 4 || family === 6 ? [family] : [4, 6]);
    // The connection belongs to who asked for it, whoever answers.
    const answer = AsyncResource.bind((found_: readonly dns.LookupAddress[] | Error): void => {
      if (found_ instanceof Error) found(found_, '', 0);
      else if (asked.all) found(null, [...found_]);
      else found(null, found_[0]!.address, found_[0]!.family);
    });
    if (standIn !== null) process.nextTick(answer, [standIn]);
    else this.#giveUp = lookUp(instance, chain, name, asked, later(answer));
  }

  /** The socket was destroyed. */
  giveUp(): void {
    this.#giveUp();
  }
}

function later<Arguments extends unknown[]>(callback: (...args: Arguments) => void): (...args: Arguments) => void {
  return (...args) => process.nextTick(callback, ...args);
}
