package io.tributary.server.it;

import static io.tributary.server.it.PlainClient.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.runtime.ProcessingJournals;
import io.tributary.storage.JournalStore;
import io.tributary.storage.Storage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What handlers were called for, over the lives of a hub that is killed, against what is recorded of
 * it. All entries are to be processed, and all handlers succeed.
 */
public final class HandlerCalls {
  /** The most entries a store's processing has begun and not yet recorded. */
  private static final int IN_FLIGHT = 256;

  /**
   * A call of a handler.
   *
   * @param life which of the hub's
   */
  public record Call(String life, EntryId id, int attempt) {}

  /** What is recorded of a store. */
  private record Recorded(
      RemoteProgress progress, List<PlacedEntry> entries, Map<EntryId, EntryOutcome> outcomes) {}

  private HandlerCalls() {}

  /** The calls noted in a file, one a line; not one that is just being written. */
  static List<Call> read(Path file) {
    try {
      List<Call> calls = new ArrayList<>();
      String text = Files.readString(file);
      for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
        String[] words = line.split(" ", -1);
        calls.add(
            new Call(words[0], EntryId.of(UUID.fromString(words[1])), Integer.parseInt(words[2])));
      }
      return calls;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What holds whenever nothing runs: of each entry of the store up to somewhere one outcome is recorded,
   * of none after it; and nothing was called without a record of its attempt.
   *
   * @param calls so far, in order, of this and other stores
   * @return the entries with an outcome: no handler may be called for them any more
   */
  public static Set<EntryId> assertSound(Storage storage, StoreKey.Plain store, List<Call> calls) {
    List<EntryId> log = List.copyOf(log(storage, store).keySet());
    Recorded recorded = recorded(storage.journals(), store);
    List<EntryId> journal =
        recorded.entries.stream().map(placed -> placed.entry().id()).toList();
    assertThat(journal).isEqualTo(log.subList(0, journal.size()));
    assertThat(recorded.progress.next()).isEqualTo(journal.size() + 1);
    assertThat(recorded.outcomes.keySet()).containsExactlyInAnyOrderElementsOf(journal);

    Map<EntryId, Integer> attempts = new HashMap<>();
    Set<Call> inLife = new HashSet<>();
    for (Call call : calls) {
      int at = log.indexOf(call.id);
      if (at < 0) {
        continue;
      }
      assertThat(inLife.add(new Call(call.life, call.id, 0)))
          .as("%s: called twice in a life", call)
          .isTrue();
      Integer before = attempts.put(call.id, call.attempt);
      assertThat(call.attempt)
          .as("%s after attempt %s", call, before)
          .isGreaterThan(before == null ? 0 : before);
      assertThat((long) at)
          .as("%s: begun", call)
          .isLessThan(Math.max(recorded.progress.begun(), recorded.progress.next() - 1));
    }
    recorded.outcomes.forEach((id, outcome) -> {
      assertThat(outcome.state()).as("%s", id).isEqualTo(EntryOutcome.State.HANDLED);
      assertThat(outcome.attempts()).as("attempts of %s", id).isEqualTo(attempts.get(id));
    });
    return recorded.outcomes.keySet();
  }

  /**
   * What holds in the end: {@link #assertSound} for everything in the store.
   *
   * @param acked with their sequences
   * @param kills how often the hub was killed meanwhile
   * @return how many calls were repeated
   */
  public static long assertEachHandledOnce(
      Storage storage,
      StoreKey.Plain store,
      Map<EntryId, Long> acked,
      List<Call> calls,
      int kills) {
    Map<EntryId, Long> log = log(storage, store);
    assertThat(log).containsAllEntriesOf(acked);
    assertThat(assertSound(storage, store, calls))
        .containsExactlyInAnyOrderElementsOf(log.keySet());
    Map<EntryId, KnownEntry> known =
        get(storage.journals().known(ProcessingJournals.name(store), log.keySet()));
    assertThat(known.values())
        .hasSize(log.size())
        .allMatch(each -> each.position() > 0 && each.outcome() != null);
    long called = calls.stream().filter(call -> log.containsKey(call.id)).count();
    assertThat(called - log.size()).as("repeated calls").isBetween(0L, (long) kills * IN_FLIGHT);
    return called - log.size();
  }

  /** A store's ids, in the order of their sequences, from 1 without gaps. */
  private static Map<EntryId, Long> log(Storage storage, StoreKey.Plain store) {
    Map<EntryId, Long> ids = new LinkedHashMap<>();
    Page page;
    long from = 1;
    do {
      page = get(storage.log().read(store, from, 1_000, 1 << 20));
      for (StoredRecord stored : page.records()) {
        assertThat(stored.firstSequence()).isEqualTo(ids.size() + 1);
        ids.put(stored.record().ids().get(0), stored.firstSequence());
      }
      from = page.next();
    } while (from <= page.head());
    return ids;
  }

  /** A database may still be at the last commit of a hub that is gone. */
  private static Recorded recorded(JournalStore journals, StoreKey.Plain store) {
    while (true) {
      RemoteProgress before = progress(journals, store);
      Recorded recorded = new Recorded(before, entries(journals, store), outcomes(journals, store));
      if (progress(journals, store).equals(before)) {
        return recorded;
      }
    }
  }

  private static RemoteProgress progress(JournalStore journals, StoreKey.Plain store) {
    return get(journals.progress(
        ProcessingJournals.name(store),
        ProcessingJournals.remote(store),
        ProcessingJournals.storeOf(store)));
  }

  private static List<PlacedEntry> entries(JournalStore journals, StoreKey.Plain store) {
    List<PlacedEntry> all = new ArrayList<>();
    List<PlacedEntry> some;
    do {
      long after = all.isEmpty() ? 0 : all.get(all.size() - 1).position();
      some = get(journals.entries(ProcessingJournals.name(store), after, 1_000, 1 << 20));
      all.addAll(some);
    } while (!some.isEmpty());
    return all;
  }

  private static Map<EntryId, EntryOutcome> outcomes(JournalStore journals, StoreKey.Plain store) {
    Map<EntryId, EntryOutcome> all = new LinkedHashMap<>();
    Optional<EntryId> after = Optional.empty();
    while (true) {
      List<EntryOutcome> some =
          get(journals.outcomes(ProcessingJournals.name(store), Optional.empty(), after, 1_000));
      if (some.isEmpty()) {
        return all;
      }
      for (EntryOutcome outcome : some) {
        assertThat(all.put(outcome.id(), outcome))
            .as("two outcomes of an entry")
            .isNull();
      }
      after = Optional.of(some.get(some.size() - 1).id());
    }
  }
}
