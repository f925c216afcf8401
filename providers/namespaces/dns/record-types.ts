// Types of records: where there are names in their data, and which may be asked for.
import { RecordType } from '../../../dns-records/index.js';

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
