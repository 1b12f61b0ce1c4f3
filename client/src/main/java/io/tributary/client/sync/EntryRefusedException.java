package io.tributary.client.sync;

/** The remote refuses one entry. It is kept, listed as refused, and may be retried or discarded. */
public final class EntryRefusedException extends SyncException {
  private final long position;

  EntryRefusedException(long position, String reason) {
    super("the remote refuses the entry at position " + position + ": " + reason);
    this.position = position;
  }

  /** The entry's place in the journal. */
  public long position() {
    return position;
  }
}
