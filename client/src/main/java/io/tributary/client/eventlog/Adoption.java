package io.tributary.client.eventlog;

/**
 * What became of what was to be adopted.
 *
 * @param added how many are new, and here now
 * @param known how many were here, or had been removed here; they stay as they are
 */
public record Adoption(long added, long known) {
  /** Of nothing. */
  public static final Adoption NONE = new Adoption(0, 0);

  /** Both together. */
  public Adoption plus(Adoption other) {
    return new Adoption(added + other.added, known + other.known);
  }
}
