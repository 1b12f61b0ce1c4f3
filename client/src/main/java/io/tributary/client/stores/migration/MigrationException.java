package io.tributary.client.stores.migration;

/** There is nothing that could be migrated; the message says why, without contents. */
public final class MigrationException extends RuntimeException {
  private static final long serialVersionUID = 1;

  MigrationException(String message) {
    super(message, null, false, false);
  }
}
