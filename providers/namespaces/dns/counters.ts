/** What a resolver has done, and what it was sent that it did not believe. All count up from 0. */
export interface DnsCounters {
  /** Questions of look-ups: each name with each type. */
  questions: number;
  /** Those that the cache answered. */
  cached: number;
  /** Those that another one of the same was under way for. */
  shared: number;
  /** Datagrams sent to servers. */
  datagrams: number;
  /** Connections made to servers. */
  streams: number;
  /** Answers that were believed. */
  answers: number;
  /** Datagrams and connections that a server did not answer in time. */
  timeouts: number;
  /** Those that could not be sent, or that came back as unreachable. */
  unreachable: number;
  /** Answers of servers that failed, or would not or could not answer. */
  failures: number;
  /** Answers that only pointed to other servers. */
  lame: number;
  /** Answers that were cut off, so that the question went by TCP. */
  truncated: number;
  /** Answers in other letters than the question, so that it went by TCP. */
  respelled: number;
  /** Questions that went by TCP because very much came to their port that answered nothing. */
  flooded: number;
  /** Datagrams that no question was under way for, of whatever sender; dropped. */
  unasked: number;
  /** Answers that could not be read; dropped. */
  malformed: number;
  /** Datagrams that were longer than allowed; dropped. */
  oversized: number;
  /** Entries that were taken out of the cache to make room. */
  evicted: number;
}

/** Counters that stand at 0. */
export function createDnsCounters(): DnsCounters {
  return {
    questions: 0,
    cached: 0,
    shared: 0,
    datagrams: 0,
    streams: 0,
    answers: 0,
    timeouts: 0,
    unreachable: 0,
    failures: 0,
    lame: 0,
    truncated: 0,
    respelled: 0,
    flooded: 0,
    unasked: 0,
    malformed: 0,
    oversized: 0,
    evicted: 0,
  };
}
