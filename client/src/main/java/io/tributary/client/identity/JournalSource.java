package io.tributary.client.identity;

import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.model.EntryId;
import io.tributary.storage.JournalStore;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;

/**
 * One entry per event log, under an id that follows from the log's name: of those that are inserted
 * under one id the journal keeps the first, so whoever makes one reads back what counts.
 */
final class JournalSource implements IdentitySource {
  private static final byte[] EVENT = "identity".getBytes(StandardCharsets.UTF_8);

  private final JournalStore journals;
  private final String journal;

  JournalSource(JournalStore journals, String journal) {
    this.journals = journals;
    this.journal = journal;
  }

  @Override
  public Future<Identity> load(String log) {
    EntryId id = id(log);
    return journals
        .entry(journal, id)
        .compose(found -> found.isPresent() ? Future.succeededFuture(found) : make(log, id))
        .map(found -> {
          String where = "the journal " + journal;
          PlacedEntry placed = found.orElseThrow(() -> new IdentityException(
              where + " had an identity for the event log " + log + ", which was removed"));
          String text = new String(placed.entry().payload(), StandardCharsets.UTF_8);
          return TextSource.identity(where, IdentityBundle.MAIN, text);
        });
  }

  private Future<Optional<PlacedEntry>> make(String log, EntryId id) {
    JournalEntry entry = new JournalEntry(
        id,
        EVENT,
        log.getBytes(StandardCharsets.UTF_8),
        Identity.random().encodeString().getBytes(StandardCharsets.UTF_8),
        0);
    JournalCommit commit = new JournalCommit(
        List.of(), List.of(entry), List.of(), List.of(), List.of(), List.of(), List.of());
    return journals
        .commit(journal, commit, Optional.empty())
        .compose(positions -> journals.entry(journal, id));
  }

  /** A UUID of version 8, made of a hash. */
  private static EntryId id(String log) {
    EntryId hash = EntryId.of(sha256().digest(log.getBytes(StandardCharsets.UTF_8)));
    return new EntryId((hash.high() & ~0xf000L) | 0x8000, hash.low() >>> 2 | Long.MIN_VALUE);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
