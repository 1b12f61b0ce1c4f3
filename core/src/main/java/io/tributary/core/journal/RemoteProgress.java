package io.tributary.core.journal;

import io.tributary.core.model.RemoteId;

/**
 * How far a journal has come with one store of one remote.
 *
 * @param remote the remote
 * @param store which of its stores
 * @param next the sequence to ask for next, from 1: everything below is in the journal
 * @param begun handlers may have been called for entries up to this sequence, recorded before the
 *     first call: those from {@code next} to here were in flight if it ended suddenly
 * @param attempt how often the entries from {@code next} to {@code begun} may have been begun
 * @param uploaded every entry up to this position is known to be at the remote, or is not to go there
 */
public record RemoteProgress(
    RemoteId remote, String store, long next, long begun, int attempt, long uploaded) {
  /** With a store nothing was exchanged with. */
  public static RemoteProgress none(RemoteId remote, String store) {
    return new RemoteProgress(remote, store, 1, 0, 0, 0);
  }
}
