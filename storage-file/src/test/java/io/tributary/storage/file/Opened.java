package io.tributary.storage.file;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Removal;
import io.tributary.storage.contract.OpenStorage;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A data directory that a test has open. */
final class Opened extends OpenStorage {
  Opened(Path dir) {
    super(new FileStorageProvider(), new JsonObject().put("dir", dir.toString()));
  }

  static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  @CanIgnoreReturnValue
  List<Long> commit(String journal, JournalCommit changes) {
    return await(storage.journals().commit(journal, changes, Optional.empty()));
  }

  /** A commit that inserts entries and says that they were handled. */
  static JournalCommit handled(List<JournalEntry> entries) {
    return JournalCommit.received(
        entries,
        entries.stream()
            .map(entry -> new EntryOutcome(
                entry.id(), EntryOutcome.State.HANDLED, 1, 1_790_000_000_000L, null))
            .toList(),
        RemoteProgress.none(new RemoteId(1, 2), "store"));
  }

  /** Removes the records at these sequences, on the first day of all. */
  @CanIgnoreReturnValue
  Removed remove(StoreKey store, long... sequences) {
    return await(storage
        .log()
        .remove(new Removal(store, Arrays.stream(sequences).boxed().toList(), 1, null)));
  }

  StoreStats stats(StoreKey store) {
    return await(storage.log().stats(store));
  }
}
