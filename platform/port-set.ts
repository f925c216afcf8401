/** Consecutive ports, both ends among them. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

const LAST_PORT = 65_535;

/** A set of ports. */
export class PortSet {
  readonly #member = new Uint8Array(LAST_PORT + 1);

  /** Makes the set of the ports of some ranges. */
  constructor(ranges: readonly PortRange[] = []) {
    this.add(ranges);
  }

  /**
   * Reads a list as the system writes it: `5000-5019,8080`.
   *
   * @returns `null` for anything else
   */
  static parse(text: string): PortSet | null {
    const ranges: PortRange[] = [];
    for (const part of text.split(',').map((each) => each.trim())) {
      if (part === '') continue;
      const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
      if (match === null) return null;
      const first = Number(match[1]);
      const last = Number(match[2] ?? match[1]);
      if (last < first || last > LAST_PORT) return null;
      ranges.push({ first, last });
    }
    return new PortSet(ranges);
  }

  /** Whether it has a port. */
  has(port: number): boolean {
    return this.#member[port] === 1;
  }

  /** Adds the ports of ranges. */
  add(ranges: readonly PortRange[]): void {
    for (const { first, last } of ranges) this.#member.fill(1, first, last + 1);
  }

  /** Takes the ports of ranges away. */
  remove(ranges: readonly PortRange[]): void {
    for (const { first, last } of ranges) this.#member.fill(0, first, last + 1);
  }

  /** Its ports that are in another set. */
  and(other: PortSet): PortSet {
    return this.#where((port) => other.has(port));
  }

  /** Its ports that are not in another set. */
  without(other: PortSet): PortSet {
    return this.#where((port) => !other.has(port));
  }

  #where(holds: (port: number) => boolean): PortSet {
    const result = new PortSet();
    for (let port = this.#member.indexOf(1); port >= 0; port = this.#member.indexOf(1, port + 1)) {
      if (holds(port)) result.#member[port] = 1;
    }
    return result;
  }

  /** Its ports as ranges, in ascending order. */
  ranges(): PortRange[] {
    const ranges: PortRange[] = [];
    for (let first = this.#member.indexOf(1); first >= 0;) {
      const end = this.#member.indexOf(0, first);
      const last = end < 0 ? LAST_PORT : end - 1;
      ranges.push({ first, last });
      first = this.#member.indexOf(1, last + 1);
    }
    return ranges;
  }

  /** Its ports as the system writes them. */
  toString(): string {
    return this.ranges()
      .map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))
      .join(',');
  }
}
