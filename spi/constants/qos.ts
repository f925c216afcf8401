// Quality of service.

// ---- Service types ----

/** No traffic in this direction. */
export const SERVICETYPE_NOTRAFFIC = 0;
/** Best effort. */
export const SERVICETYPE_BESTEFFORT = 1;
/** As on an unloaded network. */
export const SERVICETYPE_CONTROLLEDLOAD = 2;
/** Guaranteed bandwidth and delay. */
export const SERVICETYPE_GUARANTEED = 3;
/** The network is unavailable. */
export const SERVICETYPE_NETWORK_UNAVAILABLE = 4;
/** All service types. */
export const SERVICETYPE_GENERAL_INFORMATION = 5;
/** No change. */
export const SERVICETYPE_NOCHANGE = 6;
/** Traffic that does not conform. */
export const SERVICETYPE_NONCONFORMING = 9;
/** Network control. */
export const SERVICETYPE_NETWORK_CONTROL = 10;
/** Better than best effort, without numbers. */
export const SERVICETYPE_QUALITATIVE = 13;
/** Best effort, as a flag. */
export const SERVICE_BESTEFFORT = 0x80010000;
/** Controlled load, as a flag. */
export const SERVICE_CONTROLLEDLOAD = 0x80020000;
/** Guaranteed, as a flag. */
export const SERVICE_GUARANTEED = 0x80040000;
/** Qualitative, as a flag. */
export const SERVICE_QUALITATIVE = 0x80200000;
/** No traffic control. */
export const SERVICE_NO_TRAFFIC_CONTROL = 0x81000000;
/** No signalling. */
export const SERVICE_NO_QOS_SIGNALING = 0x40000000;

// ---- Values ----

/** The member is not specified. */
export const QOS_NOT_SPECIFIED = 0xffffffff;
/** A rate without limit. */
export const POSITIVE_INFINITY_RATE = 0xfffffffe;

// ---- Provider-specific objects ----

/** What object types are counted from. */
export const QOS_GENERAL_ID_BASE = 2000;
/** The list ends. */
export const QOS_OBJECT_END_OF_LIST = 2001;
/** Shape or discard mode. */
export const QOS_OBJECT_SD_MODE = 2002;
/** Shaping rate. */
export const QOS_OBJECT_SHAPING_RATE = 2003;
/** Destination address. */
export const QOS_OBJECT_DESTADDR = 2004;
/** Let nonconforming packets pass. */
export const TC_NONCONF_BORROW = 0;
/** Delay nonconforming packets. */
export const TC_NONCONF_SHAPE = 1;
/** Drop nonconforming packets. */
export const TC_NONCONF_DISCARD = 2;
/** Reserved. */
export const TC_NONCONF_BORROW_PLUS = 3;
/** The differentiated-services field of packets. */
export const QOS_OBJECT_DS_CLASS = 4001;
/** The priority of packets on the link (802.1p). */
export const QOS_OBJECT_TRAFFIC_CLASS = 4002;

// ---- What SIO_CHK_QOS is asked ----

/** What its questions are counted from. */
export const QOSSPBASE = 50000;
/** Whether the sending token rate is one that there is capacity for. */
export const ALLOWED_TO_SEND_DATA = 50001;
/** Whether the receiving token rate is one that there is capacity for. */
export const ABLE_TO_RECV_RSVP = 50002;
/** The bandwidth of the line in kilobits per second. */
export const LINE_RATE = 50003;
/** Whether the sender's traffic is held to its specification here. */
export const LOCAL_TRAFFIC_CONTROL = 50004;
/** Whether there is quality of service at this end. */
export const LOCAL_QOSABILITY = 50005;
/** Whether there is quality of service all the way. */
export const END_TO_END_QOSABILITY = 50006;
/** Nobody knows. */
export const INFO_NOT_AVAILABLE = 0xffffffff;
