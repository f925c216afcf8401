// Types of records: their numbers, and where there are names in their data.

/** Types of records that are treated as what they are (RFC 1035, RFC 2782, RFC 3596, RFC 6891). */
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
} as const;

/** How a type's data is laid out. */
export interface DataLayout {
  /** Bytes before the names. */
  readonly before: number;
  /** How many names there are; servers shorten them, so they are written out. */
  readonly names: number;
  /** Bytes behind the names; what is left of the data when absent. */
  readonly after?: number;
}

const NAME: DataLayout = { before: 0, names: 1, after: 0 };
const NUMBER_AND_NAME: DataLayout = { before: 2, names: 1, after: 0 };
const TWO_NAMES: DataLayout = { before: 0, names: 2, after: 0 };

/** The types whose data has a length of its own, or names in it. The data of all others is what it is (RFC 3597). */
export const LAYOUTS: ReadonlyMap<number, DataLayout> = new Map<number, DataLayout>([
  [RecordType.A, { before: 4, names: 0, after: 0 }],
  [RecordType.NS, NAME],
  [3 /* MD */, NAME],
  [4 /* MF */, NAME],
  [RecordType.CNAME, NAME],
  [RecordType.SOA, { before: 0, names: 2, after: 20 }],
  [7 /* MB */, NAME],
  [8 /* MG */, NAME],
  [9 /* MR */, NAME],
  [RecordType.PTR, NAME],
  [14 /* MINFO */, TWO_NAMES],
  [RecordType.MX, NUMBER_AND_NAME],
  [17 /* RP */, TWO_NAMES],
  [18 /* AFSDB */, NUMBER_AND_NAME],
  [21 /* RT */, NUMBER_AND_NAME],
  [26 /* PX */, { before: 2, names: 2, after: 0 }],
  [RecordType.AAAA, { before: 16, names: 0, after: 0 }],
  [RecordType.SRV, { before: 6, names: 1, after: 0 }],
  [36 /* KX */, NUMBER_AND_NAME],
  [39 /* DNAME */, NAME],
]);

/** Whether a type may be asked for: those that are about the transaction, or stand for several types, may not. */
export function isAskable(type: number): boolean {
  return type > 0 && type < 0xffff && type !== RecordType.OPT && !(type >= 128 && type <= 255);
}
