package io.tributary.server.retention;

/** A run is under way already, here or on another node. */
public final class RetentionBusyException extends RuntimeException {
  RetentionBusyException() {
    super("a run is under way, here or on another node");
  }
}
