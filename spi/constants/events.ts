// Network events, waiting and polling.

// ---- Network events ----

/** Place of FD_READ's error in iErrorCode. */
export const FD_READ_BIT = 0;
/** Data can be received. */
export const FD_READ = 0x1;
/** Place of FD_WRITE's error. */
export const FD_WRITE_BIT = 1;
/** Data can be sent. */
export const FD_WRITE = 0x2;
/** Place of FD_OOB's error. */
export const FD_OOB_BIT = 2;
/** Out-of-band data has arrived. */
export const FD_OOB = 0x4;
/** Place of FD_ACCEPT's error. */
export const FD_ACCEPT_BIT = 3;
/** A connection can be accepted. */
export const FD_ACCEPT = 0x8;
/** Place of FD_CONNECT's error. */
export const FD_CONNECT_BIT = 4;
/** Connecting has ended. */
export const FD_CONNECT = 0x10;
/** Place of FD_CLOSE's error. */
export const FD_CLOSE_BIT = 5;
/** The connection is closed. */
export const FD_CLOSE = 0x20;
/** Place of FD_QOS's error. */
export const FD_QOS_BIT = 6;
/** The quality of service has changed. */
export const FD_QOS = 0x40;
/** Place of FD_GROUP_QOS's error. */
export const FD_GROUP_QOS_BIT = 7;
/** The group's quality of service has changed. */
export const FD_GROUP_QOS = 0x80;
/** Place of FD_ROUTING_INTERFACE_CHANGE's error. */
export const FD_ROUTING_INTERFACE_CHANGE_BIT = 8;
/** The interface to a destination has changed. */
export const FD_ROUTING_INTERFACE_CHANGE = 0x100;
/** Place of FD_ADDRESS_LIST_CHANGE's error. */
export const FD_ADDRESS_LIST_CHANGE_BIT = 9;
/** The local addresses have changed. */
export const FD_ADDRESS_LIST_CHANGE = 0x200;
/** How many network events there are. */
export const FD_MAX_EVENTS = 10;
/** All network events. */
export const FD_ALL_EVENTS = 0x3ff;

// ---- Waiting ----

/** No event object. */
export const WSA_INVALID_EVENT = 0;
/** How many events one wait takes. */
export const WSA_MAXIMUM_WAIT_EVENTS = 64;
/** The wait failed. */
export const WSA_WAIT_FAILED = 0xffffffff;
/** The first event ended the wait; others count from here. */
export const WSA_WAIT_EVENT_0 = 0;
/** A completion routine ended the wait. */
export const WSA_WAIT_IO_COMPLETION = 0xc0;
/** The wait's time ran out. */
export const WSA_WAIT_TIMEOUT = 258;
/** Wait without limit. */
export const WSA_INFINITE = 0xffffffff;
/** How many objects one wait takes. */
export const MAXIMUM_WAIT_OBJECTS = 64;
/** The wait failed. */
export const WAIT_FAILED = 0xffffffff;
/** The first object ended the wait. */
export const WAIT_OBJECT_0 = 0;
/** The first object was abandoned by its owner. */
export const WAIT_ABANDONED_0 = 0x80;
/** An asynchronous procedure call ended the wait. */
export const WAIT_IO_COMPLETION = 0xc0;
/** Wait without limit. */
export const INFINITE = 0xffffffff;
/** `Internal` of an overlapped operation that is pending. */
export const WSS_OPERATION_IN_PROGRESS = 0x103;

// ---- RegisterWaitForSingleObject ----

/** The callback runs from one of Node.js' own callbacks, and may do anything. */
export const WT_EXECUTEDEFAULT = 0x0;
/** The callback runs as soon as the thread's poller has looked, and may only do short work of its own. */
export const WT_EXECUTEINWAITTHREAD = 0x4;
/** The callback runs once. */
export const WT_EXECUTEONLYONCE = 0x8;

// ---- Window messages ----

/** The message of PostQuitMessage; GetMessage gives `null` for it. */
export const WM_QUIT = 0x12;
/** The first number of a program's own messages. */
export const WM_USER = 0x400;

// ---- WSAPoll ----

/** Data can be received. */
export const POLLRDNORM = 0x100;
/** Out-of-band data can be received. */
export const POLLRDBAND = 0x200;
/** Data of any kind can be received. */
export const POLLIN = 0x300;
/** Priority data can be received; not supported on sockets. */
export const POLLPRI = 0x400;
/** Data can be sent. */
export const POLLWRNORM = 0x10;
/** Data can be sent. */
export const POLLOUT = 0x10;
/** Out-of-band data can be sent. */
export const POLLWRBAND = 0x20;
/** There was an error. */
export const POLLERR = 0x1;
/** The connection is closed. */
export const POLLHUP = 0x2;
/** The handle is not a socket. */
export const POLLNVAL = 0x4;
