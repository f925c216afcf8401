// Records of the domain name system, looked up for who cannot wait.
import { AF_INET, LUP_RETURN_BLOB, LUP_RETURN_NAME, NS_DNS, SVCID_DNS, WSA_E_NO_MORE } from '../../spi/index.js';
import type { Dispatcher, RecordLookup } from '../dispatcher/index.js';
import type { LookupQueries } from './lookup-queries.js';
import { LookupQuestion } from './lookup-question.js';
import { Lookup } from './lookup.js';

/** More records than that of one name are left out. */
const MOST_RECORDS = 4096;

/** Makes the function that looks records up in name spaces of NS_DNS. */
export function createRecordLookup(dispatcher: Dispatcher, queries: LookupQueries): RecordLookup {
  return (name, type, found) => {
    if (!dispatcher.isStarted()) {
      found(dispatcher.lastError, []);
      return () => undefined;
    }
    const records: Uint8Array[] = [];
    const asked = {
      serviceClass: SVCID_DNS(type),
      name,
      families: [AF_INET],
      flags: LUP_RETURN_NAME | LUP_RETURN_BLOB,
      // What is put to one name space is asked each time: all results are wanted, and not one that is kept.
      choice: { nameSpace: NS_DNS, providerId: null },
    };
    const question = LookupQuestion.of<true, number>(asked, {
      mostUntaken: MOST_RECORDS,
      read: ({ blob }) => {
        if (blob !== null) records.push(blob);
        return records.length < MOST_RECORDS ? null : true;
      },
      next: ({ error }) => ({ value: error, error: 0 }),
    });
    const lookup = new Lookup(queries, question);
    const lookedUp = (): void => {
      const error = lookup.answer!.value ?? lookup.answer!.error;
      found(records.length > 0 ? 0 : error || WSA_E_NO_MORE, records);
    };
    if (lookup.start({ lookedUp })) lookedUp();
    return () => lookup.cancel();
  };
}
