package io.tributary.core.model;

import java.util.Optional;

/** What every entry in the clear must be before it is stored. */
public final class EntryRules {
  /** The most bytes an event's tag or a primary key may have in UTF-8. */
  public static final int TEXT_BYTES = 4096;

  private EntryRules() {}

  /**
   * What is wrong with an entry, without its content.
   *
   * @param event in UTF-8
   * @param primaryKey in UTF-8
   * @param payloadBytes how many it has
   * @param payloadLimit how many it may have
   */
  public static Optional<String> problem(
      EntryId id, byte[] event, byte[] primaryKey, long payloadBytes, long payloadLimit) {
    if (!id.isValid()) {
      return Optional.of("the id is not a valid UUID");
    }
    if (event.length == 0 || event.length > TEXT_BYTES) {
      return Optional.of(text("event", event.length));
    }
    if (primaryKey.length == 0 || primaryKey.length > TEXT_BYTES) {
      return Optional.of(text("primaryKey", primaryKey.length));
    }
    if (payloadBytes > payloadLimit) {
      return Optional.of("the payload has " + payloadBytes + " bytes, allowed are " + payloadLimit);
    }
    return Optional.empty();
  }

  private static String text(String field, int bytes) {
    return "the " + field + " has " + bytes + " bytes, allowed are 1 to " + TEXT_BYTES;
  }
}
