/** Types of records that are treated as what they are (RFC 1035, RFC 2782, RFC 3596, RFC 4034, RFC 6891). */
export const RecordType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  NSEC: 47,
  /** In a question, all types. */
  ANY: 255,
} as const;
