// ATM (ws2atm.h).

/** Whatever an adaptation layer of the user's own carries. */
export const ATMPROTO_AALUSER = 0;
/** Adaptation layer 1. */
export const ATMPROTO_AAL1 = 1;
/** Adaptation layer 2. */
export const ATMPROTO_AAL2 = 2;
/** Adaptation layers 3 and 4. */
export const ATMPROTO_AAL34 = 3;
/** Adaptation layer 5. */
export const ATMPROTO_AAL5 = 5;

/** Part of an address: there is none. */
export const SAP_FIELD_ABSENT = 0xfffffffe;
/** Part of an address: any will do. */
export const SAP_FIELD_ANY = 0xffffffff;

/** ATM_ADDRESS: the digits of an E.164 number. */
export const ATM_E164 = 1;
/** ATM_ADDRESS: the 20 bytes of an NSAP address. */
export const ATM_NSAP = 2;
/** Bytes of an ATM address at most. */
export const ATM_ADDR_SIZE = 20;

/** ATM_BHLI: an application by a code of ISO's. */
export const BHLI_ISO = 0;
/** ATM_BHLI: an application by a code that caller and callee agree on. */
export const BHLI_UserSpecific = 1;
/** ATM_BHLI: an application by a code of a vendor's. */
export const BHLI_VendorSpecificAppId = 3;
