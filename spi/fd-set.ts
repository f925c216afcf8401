// Sets of sockets, as `select` takes them.

/**
 * A set of sockets. Only the first `fd_count` elements of `fd_array` belong to it; unlike in C there may be any number
 * of them, `FD_SETSIZE` is not a limit.
 */
export class fd_set {
  fd_count = 0;
  fd_array: number[] = [];
}

/** Empties a set. */
export function FD_ZERO(set: fd_set): void {
  set.fd_count = 0;
}

/** Adds a socket to a set, unless it is there already. */
export function FD_SET(s: number, set: fd_set): void {
  if (FD_ISSET(s, set) !== 0) return;
  set.fd_array[set.fd_count] = s;
  set.fd_count += 1;
}

/** Removes a socket from a set; those behind it move up. */
export function FD_CLR(s: number, set: fd_set): void {
  for (let i = 0; i < set.fd_count; i++) {
    if (set.fd_array[i] !== s) continue;
    set.fd_array.copyWithin(i, i + 1, set.fd_count);
    set.fd_count -= 1;
    return;
  }
}

/** Says whether a socket is in a set: 1 if it is, 0 if not. */
export function FD_ISSET(s: number, set: fd_set): 0 | 1 {
  for (let i = 0; i < set.fd_count; i++) if (set.fd_array[i] === s) return 1;
  return 0;
}
