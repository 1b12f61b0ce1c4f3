package io.tributary.client.eventlog;

/** Too much waits to be written already. Nothing was done: try again when some of it is. */
public final class OverloadedException extends RuntimeException {
  OverloadedException(String name, int writes, long bytes) {
    super("the event log " + name + " has " + writes + " writes of " + bytes
        + " bytes waiting, which is as much as it takes");
  }
}
