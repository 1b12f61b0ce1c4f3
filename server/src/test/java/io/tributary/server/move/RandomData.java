package io.tributary.server.move;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.EntryOutcome.State;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.log.Append;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.RecordKind;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.runtime.ProcessingJournals;
import io.tributary.storage.LogStore;
import io.tributary.storage.Removal;
import io.tributary.storage.Storage;
import io.tributary.storage.StoreRegistry;
import io.tributary.storage.StoreRegistry.Binding;
import io.tributary.storage.StoreRegistry.Mapping;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;

/** Fills a storage from a seed, and knows every id it used. */
final class RandomData {
  static final List<StoreKey> STORES = List.of(
      new StoreKey.Plain("a", "main"),
      new StoreKey.Plain("a", "\u0000"),
      new StoreKey.Sealed("a", "key:/ %"),
      new StoreKey.SealedBatch("b", "\u20ac\ud83d\ude00", ""));

  private final Random random;
  private final Storage storage;
  private final Map<StoreKey, List<EntryId>> ids = new HashMap<>();

  RandomData(long seed, Storage storage) {
    this.random = new Random(seed);
    this.storage = storage;
  }

  /** Every id that was ever written to the store. */
  List<EntryId> ids(StoreKey store) {
    return ids.getOrDefault(store, List.of());
  }

  @CanIgnoreReturnValue
  RandomData fill(int rounds) throws IOException {
    for (int i = 0; i < rounds; i++) {
      StoreKey store = STORES.get(random.nextInt(STORES.size()));
      append(store);
      if (random.nextBoolean()) {
        remove(store);
      }
    }
    fillRegistry();
    process();
    return this;
  }

  /** What a hub's handlers would have made of some entries: all that can come of one. */
  private void process() throws IOException {
    for (StoreKey store : STORES) {
      long head = Waiting.on(storage.log().heads(List.of(store))).getOrDefault(store, 0L);
      if (!(store instanceof StoreKey.Plain plain) || head == 0) {
        continue;
      }
      List<EntryId> some =
          ids(store).stream().filter(id -> random.nextInt(3) > 0).distinct().toList();
      List<EntryId> removed = new ArrayList<>();
      List<JournalEntry> entries = new ArrayList<>();
      List<EntryOutcome> outcomes = new ArrayList<>();
      for (EntryId id : some) {
        State state = State.of(1 + random.nextInt(7));
        if (state == State.REMOVED || random.nextInt(5) == 0) {
          removed.add(id);
        } else {
          entries.add(
              new JournalEntry(id, bytes(5), bytes(5), new byte[0], 1 + random.nextLong(head)));
        }
        outcomes.add(new EntryOutcome(
            id,
            state,
            random.nextInt(4),
            random.nextLong(1L << 53),
            state == State.FAILED ? "out of \u20ac\n" + random.nextInt() : null));
      }
      Collections.shuffle(entries, random);
      long next = 1 + random.nextLong(head + 1);
      RemoteProgress progress = new RemoteProgress(
          ProcessingJournals.remote(plain),
          ProcessingJournals.storeOf(plain),
          next,
          Math.min(head, next + random.nextInt(3)),
          random.nextInt(3),
          0);
      Waiting.on(storage
          .journals()
          .commit(
              ProcessingJournals.name(plain),
              new JournalCommit(
                  removed, entries, outcomes, List.of(), List.of(progress), List.of(), List.of()),
              Optional.empty()));
    }
  }

  void append(StoreKey store) throws IOException {
    List<EntryId> known = ids.computeIfAbsent(store, key -> new ArrayList<>());
    List<NewRecord> records = new ArrayList<>();
    for (int j = 1 + random.nextInt(30); j > 0; j--) {
      List<EntryId> some = new ArrayList<>();
      for (int k = random.nextInt(3) == 0 ? 1 + random.nextInt(4) : 1; k > 0; k--) {
        some.add(EntryId.of(new UUID(random.nextLong(), random.nextLong())));
      }
      if (some.size() > 1 && !known.isEmpty()) {
        some.set(random.nextInt(some.size()), known.get(random.nextInt(known.size())));
      }
      known.addAll(some);
      boolean plain = random.nextBoolean();
      records.add(new NewRecord(
          some,
          RecordKind.of(1 + random.nextInt(3)),
          plain ? bytes(5) : null,
          plain ? bytes(5) : null,
          bytes(16),
          bytes(300),
          plain,
          random.nextBoolean() ? bytes(5) : null));
    }
    Waiting.on(
        storage.log().append(List.of(new Append(store, random.nextLong(1L << 53), records))));
  }

  void remove(StoreKey store) throws IOException {
    LogStore log = storage.log();
    long head = Waiting.on(log.heads(List.of(store))).getOrDefault(store, 0L);
    if (head > 0) {
      List<Long> some = random.longs(random.nextInt(20), 1, head + 1).boxed().toList();
      Waiting.on(log.remove(new Removal(store, some, 1_790_000_000_000L, null)));
    }
  }

  private void fillRegistry() throws IOException {
    StoreRegistry registry = storage.registry();
    for (String tenant : List.of("a", "b", "\u0000")) {
      for (String key : List.of("one", "two", "three\u0000", "\ud83d\ude00")) {
        for (String requested : List.of("", "default", "\u20ac")) {
          if (random.nextBoolean()) {
            String store = random.nextBoolean() ? "main" : "\u0000";
            Waiting.on(registry.assign(new Mapping(tenant, key, requested, store), false));
          }
        }
        if (random.nextInt(3) == 0) {
          int unused = Waiting.on(registry.remove(tenant, key));
          Waiting.on(registry.assign(new Mapping(tenant, key, "again", "main"), true));
        }
        if (random.nextBoolean()) {
          byte[] unused = Waiting.on(registry.bind(new Binding(tenant, key, bytes(40))));
        }
      }
    }
  }

  private byte[] bytes(int bound) {
    byte[] bytes = new byte[random.nextInt(bound)];
    random.nextBytes(bytes);
    return bytes;
  }
}
