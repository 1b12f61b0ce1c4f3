package io.tributary.core.log;

/**
 * What a removal took away.
 *
 * @param records how many records
 * @param entries the ids in them
 * @param bytes the sum of their {@link NewRecord#bytes()}
 */
public record Removed(long records, long entries, long bytes) {
  /** Nothing. */
  public static final Removed NOTHING = new Removed(0, 0, 0);

  /** Both together. */
  public Removed plus(Removed other) {
    return new Removed(records + other.records, entries + other.entries, bytes + other.bytes);
  }
}
