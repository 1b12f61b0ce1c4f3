package io.tributary.client.stores.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.audit.AuditEvent;
import io.tributary.client.audit.AuditEvent.Permission;
import io.tributary.client.audit.AuditEvent.PermissionDecision;
import io.tributary.client.audit.AuditEvent.SyncStatus;
import io.tributary.client.audit.AuditSink;
import io.tributary.client.eventlog.Arrival;
import io.tributary.client.eventlog.EntryFilter;
import io.tributary.client.eventlog.EventJournal;
import io.tributary.client.eventlog.EventLog;
import io.tributary.client.eventlog.EventLogOptions;
import io.tributary.client.eventlog.RemoteStore;
import io.tributary.client.stores.Bed;
import io.tributary.client.stores.CleanupReport;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.view.Journaled;
import io.tributary.client.stores.view.Place;
import io.tributary.client.stores.view.Space;
import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.RemoteId;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class JournaledAuditEventsTest extends AuditEventStoreContract {
  private static final RemoteId HUB = new RemoteId(1, 2);
  private static final String STORE = "sealed:me";

  private final Identity identity = Identity.random();
  private EventLog log;

  /** That are to get everything. */
  private Set<RemoteStore> remotes = Set.of();

  @Override
  Bed bed() {
    return Bed.memory();
  }

  @Override
  AuditEventStore store(StoresOptions.Audit options) {
    EventJournal journal = EventJournal.open(bed.storage(), "audit");
    EventLogOptions.Builder builder = EventLogOptions.builder(identity)
        .name("audit")
        .clock(bed.clock())
        .redact(AuditEvents.GROUP, AuditEvents.withoutDetails());
    // GROUP is added here; redactions may be named before.
    AuditEvents.register(builder);
    EventLog opened = bed.await(EventLog.open(bed.runner(), journal, builder.build()));
    log = opened;
    return bed.await(AuditEventStore.journaled(
        new Journaled(opened, journal, ids -> opened.trim(ids, remotes)),
        new Place(bed.space("audit"), bed.clock(), AuditSink.NONE),
        options));
  }

  @Override
  void closeStore() {
    super.closeStore();
    bed.await(log.close());
  }

  private Entry foreign(EntryId id, AuditEvent event) {
    return new Entry(
        id,
        event.tag(),
        AuditEvents.definition(event).primaryKey(event),
        AuditEvents.definition(event).encode(event));
  }

  private void receive(long sequence, Entry... entries) {
    List<Arrival> arrivals = IntStream.range(0, entries.length)
        .mapToObj(i -> new Arrival(sequence + i, entries[i]))
        .toList();
    bed.await(Space.answered(
        bed.runner(),
        () -> log.syncAccess().receive(HUB, STORE, arrivals, sequence + entries.length)));
  }

  @Test
  void showsWhatRemotesDeliverInItsPlace() {
    EntryIdGenerator foreign = new EntryIdGenerator(bed.clock());
    EntryId early = foreign.next();
    bed.setClock(Bed.NOW + 10);
    write(use(0));
    Entry bad = new Entry(foreign.next(), "tool_use", "k", new byte[] {7});
    receive(1, foreign(early, use(1)), bad);
    bed.await(store.cleanup());
    assertThat(events(AuditQuery.FIRST)).containsExactly(use(1), use(0));
    // What can't be read can be found.
    assertThat(bed.await(log.failed(Optional.empty(), 10)))
        .extracting(EntryOutcome::id)
        .containsExactly(bad.id());
  }

  @Test
  void whatWentIsNotBroughtBack() {
    EntryIdGenerator foreign = new EntryIdGenerator(bed.clock());
    Entry entry = foreign(foreign.next(), use(1));
    receive(1, entry);
    bed.setClock(Bed.NOW + AGE.toMillis() + 1);
    assertThat(bed.await(store.cleanup())).isEqualTo(new CleanupReport(1, 1, 0));
    receive(1, entry);
    bed.await(store.cleanup());
    assertThat(events(AuditQuery.FIRST.tag("tool_use"))).isEmpty();
    assertThat(bed.await(log.entry(entry.id()))).isEmpty();
  }

  @Test
  void whatWentStaysInTheJournalUntilRemotesHaveIt() {
    remotes = Set.of(new RemoteStore(HUB, STORE));
    EntryId id = write(use(0));
    bed.setClock(Bed.NOW + AGE.toMillis() + 1);
    assertThat(bed.await(store.cleanup())).isEqualTo(new CleanupReport(1, 1, 1));
    assertThat(events(AuditQuery.FIRST.tag("tool_use"))).isEmpty();
    assertThat(bed.await(log.entry(id))).isPresent();
    bed.await(Space.answered(
        bed.runner(),
        () -> log.syncAccess().recordUploads(HUB, STORE, 1, 1, List.of(), List.of())));
    assertThat(bed.await(store.cleanup())).isEqualTo(new CleanupReport(1, 0, 0));
    assertThat(bed.await(log.entry(id))).isEmpty();
  }

  @Test
  void whatLeavesIsRedactedAndWhatIsHereIsWhole() {
    PermissionDecision event = new PermissionDecision("s", "Bash", Permission.DENY, "they said so");
    EntryId id = write(event);
    Entry kept = bed.await(log.entry(id)).orElseThrow().entry();
    Entry leaves = bed.await(Space.answered(
            bed.runner(), () -> Future.succeededFuture(log.syncAccess().redacted(kept))))
        .orElseThrow();
    assertThat(leaves.id()).isEqualTo(id);
    assertThat(AuditEvents.decode(leaves.event(), leaves.payload()))
        .contains(new PermissionDecision("s", "Bash", Permission.DENY, null));
    assertThat(AuditEvents.decode(kept.event(), kept.payload())).contains(event);
    assertThat(events(AuditQuery.FIRST)).containsExactly(event);
  }

  @Test
  void whatTellsOfWhatWentStaysHere() {
    for (int i = 0; i < 5; i++) {
      write(use(i));
    }
    reopen(options(2));
    bed.await(store.cleanup());
    assertThat(events(AuditQuery.FIRST)).hasSize(2);
    // One replica's cleanup is no cause for another's, which would be one for the first again.
    assertThat(
            bed.await(log.entries(EntryFilter.event("sync_compaction"), 0, 10)).items())
        .isEmpty();
  }

  /**
   * Its own syncing is noted too. That ends: a connection's state doesn't change because entries are
   * uploaded, so one event per change is all there is.
   */
  @Test
  void notesItsOwnSyncingOncePerChange() {
    AuditSink sink = store.sink();
    for (String state : List.of("connecting", "authenticating", "syncing", "live")) {
      sink.note(new SyncStatus(null, "wss://hub", state, null, Bed.NOW));
    }
    write(use(0));
    long position = bed.await(Space.answered(
        bed.runner(), () -> Future.succeededFuture(log.syncAccess().lastPosition())));
    bed.await(Space.answered(
        bed.runner(),
        () -> log.syncAccess().recordUploads(HUB, STORE, position, 1, List.of(), List.of())));
    write(use(1));
    assertThat(events(AuditQuery.FIRST.tag("sync_status"))).hasSize(4);
    assertThat(events(AuditQuery.FIRST)).hasSize(6);
  }
}
