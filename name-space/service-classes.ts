import type { WSASERVICECLASSINFOW } from '../spi/index.js';
import type { RequestAnswer } from './settlement.js';

/** Where the author of a name space answers what is asked of a service class. */
export interface ClassAnswer extends RequestAnswer {
  /**
   * It was done.
   *
   * @param classInfo for `getClass`, the service class
   */
  done(classInfo?: WSASERVICECLASSINFOW): void;
}
