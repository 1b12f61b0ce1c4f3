package io.tributary.client.eventlog;

/** The event log is closed, or was closed before this was done. */
public final class EventLogClosedException extends RuntimeException {
  EventLogClosedException(String name) {
    super("the event log " + name + " is closed");
  }
}
