package io.tributary.server.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tributary.core.eventlog.EventDefinition;
import io.tributary.core.eventlog.EventGroup;
import io.tributary.core.eventlog.EventHandler;
import io.tributary.core.eventlog.PayloadCodec;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.server.it.HandlerCalls;
import io.tributary.server.it.HandlerCalls.Call;
import io.tributary.server.runtime.HubExtensions;
import io.tributary.storage.StoreRegistry;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A hub dies between two commits of its processing, and another one goes on with the same data. */
class ProcessingTakeoverTest {
  private static final String KEY = "key-of-alice";
  private static final StoreKey.Plain STORE = new StoreKey.Plain("t", "todos");
  private static final int ENTRIES = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final EventDefinition<byte[]> CREATED =
      EventDefinition.of("created", PayloadCodec.raw(), payload -> "todo");

  private final List<Call> calls = new CopyOnWriteArrayList<>();

  private static HubExtensions extensions(EventHandler<byte[], Void> handler) {
    return HubExtensions.builder()
        .group(EventGroup.named("todos").event(CREATED).build())
        .handle(CREATED, handler)
        .build();
  }

  private static TestHub start(TroubledStorage storage, HubExtensions extensions) {
    TestHub hub = TestHub.start(TestHub.config().storage(storage.config()), extensions);
    TestHub.get(hub.hub()
        .runtime()
        .registry()
        .assign(
            new StoreRegistry.Mapping("t", KEY, StoreRegistry.DEFAULT_STORE, STORE.storeId()),
            false));
    return hub;
  }

  @ParameterizedTest(name = "the commit after {0}, which takes effect: {1}")
  @CsvSource({
    "0, false",
    "0, true",
    "1, false",
    "1, true",
    "2, false",
    "2, true",
    "3, false",
    "4, true"
  })
  void eachEntryHasOneOutcomeWhereverTheFirstHubDied(int commits, boolean takesEffect) {
    TroubledStorage storage = TroubledStorage.prepare("first");
    HeldJournals held = storage.holdCommits(commits, takesEffect);
    AtomicBoolean stuck = new AtomicBoolean();
    TestHub first = start(storage, extensions((payload, entry, conflicts) -> {
      calls.add(new Call("first", entry.idempotencyKey(), entry.attempt()));
      if (held.holds()) {
        stuck.set(true);
        return Future.future(promise -> {});
      }
      return Future.succeededFuture();
    }));
    List<Entry> entries = PlainEntries.some(ENTRIES);
    List<Long> sequences = first.connect("t").speaksPlain().writePlain(KEY, 0, entries);
    await("the commit is held, and no handler will be called any more")
        .atMost(PATIENCE)
        .until(() -> held.holds() && (commits == 0 || stuck.get() || calls.size() == ENTRIES));
    List<Call> before = List.copyOf(calls);

    TroubledStorage successor = storage.successor("second");
    Set<EntryId> recorded = HandlerCalls.assertSound(successor, STORE, before);
    TestHub second = start(successor, extensions((payload, entry, conflicts) -> {
      calls.add(new Call("second", entry.idempotencyKey(), entry.attempt()));
      return Future.succeededFuture();
    }));
    Map<EntryId, Long> acked = new HashMap<>();
    for (int i = 0; i < ENTRIES; i++) {
      acked.put(entries.get(i).id(), sequences.get(i));
    }
    await("all recorded").atMost(PATIENCE).untilAsserted(() -> assertHandledOnce(successor, acked));
    assertThat(calls.subList(before.size(), calls.size()))
        .as("calls for entries with a recorded outcome")
        .noneMatch(call -> recorded.contains(call.id()));

    // It wasn't dead: but nobody waits for it any more.
    held.letGo();
    first.awaitLog("no longer runs the handlers");
    assertHandledOnce(successor, acked);
    first.discard();
    second.close();
  }

  private void assertHandledOnce(TroubledStorage storage, Map<EntryId, Long> acked) {
    var unused = HandlerCalls.assertEachHandledOnce(storage, STORE, acked, calls, 1);
  }
}
