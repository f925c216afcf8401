/** What multicast DNS has done, and what it was sent that it did not believe. All count up from 0. */
export interface MdnsCounters {
  /** Messages with questions that were sent; probes too. */
  queries: number;
  /** Messages with answers that were sent; announcements and goodbyes too. */
  responses: number;
  /** Messages that were read. */
  received: number;
  /** Messages that could not be read; dropped. */
  malformed: number;
  /** Messages of more than 9000 bytes; dropped. */
  oversized: number;
  /** Messages of a kind that is to be ignored: errors, operations that are no queries. */
  ignored: number;
  /** Messages whose sender is in no subnet of the interfaces used; dropped. */
  offLink: number;
  /** Answers that came from another port than 5353; dropped. */
  wrongPort: number;
  /** Messages that came while very many waited to be read; dropped. */
  flooded: number;
  /** Records that were taken out of the cache to make room, or found none. */
  evicted: number;
  /** Answers that were not sent because whoever asked knew them, or somebody else had just given them. */
  suppressed: number;
  /** Claims of one of our names by others, which led to another name or a new probe. */
  conflicts: number;
}

/** Counters that stand at 0. */
export function createMdnsCounters(): MdnsCounters {
  return {
    queries: 0,
    responses: 0,
    received: 0,
    malformed: 0,
    oversized: 0,
    ignored: 0,
    offLink: 0,
    wrongPort: 0,
    flooded: 0,
    evicted: 0,
    suppressed: 0,
    conflicts: 0,
  };
}
