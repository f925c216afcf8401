/** What a socket was opened as. All sockets that were opened alike have the same object: there may be very many sockets. */
export interface OpenedAs {
  /** AF_INET, … */
  readonly family: number;
  /** SOCK_STREAM, … */
  readonly type: number;
  /** IPPROTO_TCP, … */
  readonly protocol: number;
}

const known: OpenedAs[] = [];

/** The object for a family, type and protocol. */
export function openedAs(family: number, type: number, protocol: number): OpenedAs {
  for (const one of known) {
    if (one.type === type && one.protocol === protocol && one.family === family) return one;
  }
  const one = { family, type, protocol };
  known.push(one);
  return one;
}
