package io.tributary.storage;

/** The lease a commit was made under is no longer the newest of its name. Nothing was committed. */
public final class FencedException extends StorageException {
  /** For a lease that has ended. */
  public FencedException(Lease lease) {
    super(
        Outcome.REJECTED,
        "lease " + lease.name() + " of epoch " + lease.epoch() + " has ended",
        null);
  }
}
