package io.tributary.core.eventlog;

/** The payload of events that have none: a void schema on the JavaScript side. */
public enum NoPayload {
  /** The only one. */
  NO_PAYLOAD
}
