// What every socket address says in the same place.

/** The family of a SOCKADDR; it has at least 2 bytes. */
export function familyOf(name: Uint8Array): number {
  return name[0]! | (name[1]! << 8);
}
