package io.tributary.storage;

/**
 * How a storage is.
 *
 * @param status what it can do
 * @param message what is wrong and what an operator can do; empty when nothing is
 */
public record Health(Status status, String message) {
  /** What a storage can do. */
  public enum Status {
    /** Everything. */
    UP,
    /** Reads are served, writes are not (a full disk). */
    READ_ONLY,
    /** Nothing. */
    DOWN
  }

  /** Nothing is wrong. */
  public static final Health UP = new Health(Status.UP, "");
}
