// Flags for sending, receiving and transmitting.

// ---- Messages ----

/** Out-of-band data. */
export const MSG_OOB = 0x1;
/** Look at data without taking it. */
export const MSG_PEEK = 0x2;
/** Send directly to the interface. */
export const MSG_DONTROUTE = 0x4;
/** Receive until the buffer is full. */
export const MSG_WAITALL = 0x8;
/** The call is made in interrupt context. */
export const MSG_INTERRUPT = 0x10;
/** Do not wait for more data. */
export const MSG_PUSH_IMMEDIATE = 0x20;
/** The message is not complete. */
export const MSG_PARTIAL = 0x8000;
/** The datagram was cut off. */
export const MSG_TRUNC = 0x100;
/** Control data was cut off. */
export const MSG_CTRUNC = 0x200;
/** The datagram was a broadcast. */
export const MSG_BCAST = 0x400;
/** The datagram was a multicast. */
export const MSG_MCAST = 0x800;
/** Receive from the error queue. */
export const MSG_ERRQUEUE = 0x1000;
/** The most buffers in one call. */
export const MSG_MAXIOVLEN = 16;

// ---- TransmitFile ----

/** Disconnect afterwards. */
export const TF_DISCONNECT = 0x1;
/** Make the socket usable again afterwards. */
export const TF_REUSE_SOCKET = 0x2;
/** Complete before all is sent. */
export const TF_WRITE_BEHIND = 0x4;
/** Use the default thread. */
export const TF_USE_DEFAULT_WORKER = 0x0;
/** Use system threads. */
export const TF_USE_SYSTEM_THREAD = 0x10;
/** Use kernel APCs. */
export const TF_USE_KERNEL_APC = 0x20;

// ---- TransmitPackets ----

/** The element is in memory. */
export const TP_ELEMENT_MEMORY = 0x1;
/** The element is in a file. */
export const TP_ELEMENT_FILE = 0x2;
/** The element ends a packet. */
export const TP_ELEMENT_EOP = 0x4;
/** Disconnect afterwards. */
export const TP_DISCONNECT = 0x1;
/** Make the socket usable again afterwards. */
export const TP_REUSE_SOCKET = 0x2;
/** Use the default thread. */
export const TP_USE_DEFAULT_WORKER = 0x0;
/** Use system threads. */
export const TP_USE_SYSTEM_THREAD = 0x10;
/** Use kernel APCs. */
export const TP_USE_KERNEL_APC = 0x20;

// ---- DisconnectEx ----

/** Make the socket usable again. */
export const DE_REUSE_SOCKET = 0x2;
