package io.tributary.client.sync;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.audit.AuditEvent;
import io.tributary.core.crypto.EntryCipher;
import io.tributary.core.crypto.Identity;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.model.Entry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.SealedEntry;
import io.tributary.core.session.ClientSession;
import io.tributary.core.session.CloseCode;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.ServerMessage;
import io.tributary.core.wire.v3.ServerMessage.ErrorCode;
import io.tributary.storage.Storage;
import io.tributary.storage.memory.MemoryStorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the machine says to a hub whose words are written here. */
class RemoteSyncTest {
  private static final Identity IDENTITY = new Identity("key", new byte[32]);
  private static final EntryCipher CIPHER = new EntryCipher(IDENTITY);
  private static final String STORE = "sealed:key";

  private static Vertx vertx;

  @BeforeAll
  static void open() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private final World world = new World(3);
  private final ScriptedHub hub = new ScriptedHub(world);
  private final Storage storage =
      new MemoryStorageProvider().open(vertx, new JsonObject()).result();
  private final JournalAccess log = new JournalAccess(world, "log", IDENTITY, storage.journals());
  private final EntryIdGenerator foreign = new EntryIdGenerator(world);
  private final List<AuditEvent> audited = new ArrayList<>();

  private RemoteDriver driver(SyncOptions options) {
    return new RemoteDriver(
        options, log, hub, world, world, world.random, audited::add, snapshot -> {});
  }

  @CanIgnoreReturnValue
  private RemoteDriver start(SyncOptions options) {
    RemoteDriver driver = driver(options);
    driver.start();
    world.deliver();
    return driver;
  }

  @CanIgnoreReturnValue
  private RemoteDriver start(Preset preset) {
    return start(SyncOptions.of(preset, false, false));
  }

  private Entry entry() {
    return new Entry(foreign.next(), "event", "foreign", new byte[5]);
  }

  private ServerMessage.SealedChange change(double sequence, Entry entry) {
    SealedEntry sealed = CIPHER.seal(entry);
    return new ServerMessage.SealedChange(
        sequence, sealed.iv(), sealed.id().toBytes(), sealed.ciphertext());
  }

  private void changes(ServerMessage.SealedChange... changes) {
    hub.say(new ServerMessage.Changes("key", List.of(changes)));
    world.deliver();
  }

  private long next() {
    return log.progressNow(ScriptedHub.REMOTE, STORE).next();
  }

  private long uploaded() {
    return log.progressNow(ScriptedHub.REMOTE, STORE).uploaded();
  }

  private List<Long> marked(UploadMark.State state) {
    return log.marksNow(ScriptedHub.REMOTE, STORE, state).stream()
        .map(UploadMark::position)
        .toList();
  }

  @Nested
  class ATributaryHub {
    @Test
    void isAskedForEverythingAndForTheEnd() {
      RemoteDriver driver = start(Preset.TRIBUTARY);

      assertThat(hub.sent).hasSize(2);
      assertThat(hub.sent.get(0)).isEqualTo(new ClientMessage.RequestChanges("key", 1, false));
      assertThat(driver.status().state()).isEqualTo(RemoteState.SYNCING);
      assertThat(driver.status().kind()).isEqualTo("remoteId");

      hub.ack(hub.mark());

      assertThat(driver.status().state()).isEqualTo(RemoteState.LIVE);
      assertThat(driver.status().lastSyncAt()).isEqualTo(world.millis());
      assertThat(audited)
          .extracting(event -> ((AuditEvent.SyncStatus) event).state())
          .containsExactly("connecting", "authenticating", "syncing", "live");
    }

    @Test
    void isLiveOnlyWhenAllBeforeTheEndIsInTheJournal() {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      log.stick(true);
      changes(change(1, entry()));

      hub.ack(hub.mark());

      assertThat(driver.status().state()).isEqualTo(RemoteState.SYNCING);
      log.stick(false);
      world.deliver();
      assertThat(driver.status().state()).isEqualTo(RemoteState.LIVE);
      assertThat(driver.status().lastSequence()).isEqualTo(1);
    }

    @Test
    void isAskedFromTheCursorOn() {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      changes(change(4, entry()), change(3, entry()));
      assertThat(next()).isEqualTo(5);
      assertThat(storage.journals().entries(JournalAccess.JOURNAL, 0, 10, 1000).result())
          .extracting(placed -> placed.entry().sequence())
          .as("in the order of their sequences")
          .containsExactly(3L, 4L);

      hub.close(CloseCode.NO_CLOSE_FRAME);
      world.pass(1_000);

      assertThat(hub.sent.get(0)).isEqualTo(new ClientMessage.RequestChanges("key", 5, false));
      assertThat(driver.status().state()).isEqualTo(RemoteState.SYNCING);
    }

    @Test
    void movesTheCursorByAcksOnlyWithoutAGap() {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      log.writeAll(4, 1);
      world.deliver();
      List<Double> writes = hub.writes();
      assertThat(writes).hasSize(4);

      hub.ack(writes.get(0), 1);
      hub.ack(writes.get(1), 4);
      hub.ack(writes.get(2), 3);
      world.pass(1_000);
      assertThat(next()).as("2 may be foreign and under way").isEqualTo(2);

      changes(change(2, entry()));
      world.pass(1_000);
      assertThat(next()).as("and here it was").isEqualTo(5);

      hub.ack(writes.get(3), 9);
      world.pass(1_000);
      assertThat(next()).isEqualTo(5);
      assertThat(driver.status().lastSequence()).isEqualTo(4);
    }

    @Test
    void acksInAnyOrderAndTheJournalKnows() {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      List<Entry> entries = log.writeAll(3, 1);
      world.deliver();
      List<Double> writes = hub.writes();

      hub.ack(writes.get(2), 1);
      world.pass(1_000);

      assertThat(uploaded()).isZero();
      assertThat(marked(UploadMark.State.KNOWN)).containsExactly(3L);
      assertThat(log.pendingNow(ScriptedHub.REMOTE, STORE))
          .containsExactly(entries.get(0).id(), entries.get(1).id());
      assertThat(driver.status().pendingUploads()).isEqualTo(2);

      hub.ack(writes.get(0), 2);
      hub.ack(writes.get(1), 3);
      world.pass(1_000);
      assertThat(uploaded()).isEqualTo(3);
      assertThat(marked(UploadMark.State.KNOWN)).isEmpty();
    }

    @Test
    void isSentWhatIsInDoubtAtOnceAgain() {
      start(Preset.TRIBUTARY);
      log.writeAll(3, 1);
      world.deliver();
      hub.ack(hub.writes().get(0), 1);

      hub.close(CloseCode.GOING_AWAY);
      world.pass(150);

      assertThat(hub.writes()).hasSize(2);
      assertThat(hub.attempts).hasSize(2);
    }

    @Test
    void hasWhatItDelivers() {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      List<Entry> own = log.writeAll(100, 1);
      world.deliver();
      assertThat(hub.writes()).as("the window").hasSize(64);

      changes(change(1, own.get(0)), change(2, own.get(99)));
      world.pass(1_000);

      assertThat(driver.status().pendingUploads()).isEqualTo(98);
      assertThat(uploaded()).isEqualTo(1);
      assertThat(marked(UploadMark.State.KNOWN)).containsExactly(100L);
      hub.close(CloseCode.GOING_AWAY);
      world.pass(200);
      assertThat(hub.writes()).hasSize(64);
      for (int i = 0; i < 64; i++) {
        hub.ack(hub.writes().get(i), 10 + i);
      }
      assertThat(hub.writes()).as("98, and none for the other two").hasSize(98);
    }

    @Test
    void getsNothingBackWhileABacklogWaits() {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      log.writeAll(1_000, 1);
      world.deliver();
      for (int i = 1; i <= 50; i++) {
        changes(change(i, entry()));
      }
      world.pass(1_000);
      assertThat(marked(UploadMark.State.KNOWN)).hasSize(50);
      for (int i = 0; i < hub.writes().size(); i++) {
        hub.ack(hub.writes().get(i), 100 + i);
      }
      assertThat(hub.writes()).hasSize(1_000);
      world.pass(1_000);
      assertThat(uploaded()).isEqualTo(1_050);
      assertThat(marked(UploadMark.State.KNOWN)).isEmpty();
      assertThat(driver.status().pendingUploads()).isZero();
    }

    @Test
    void doesNotFillTheMemory() {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      log.writeAll(10_000, 1_000);
      world.pass(1_000);

      assertThat(hub.writes()).hasSize(64);
      assertThat(driver.status().pendingUploads()).isEqualTo(10_000);
      assertThat(driver.status().pendingExact()).isFalse();
    }

    @Test
    void thatIsANewOneGetsEverything() {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      log.writeAll(3, 1);
      world.deliver();
      for (int i = 0; i < 3; i++) {
        hub.ack(hub.writes().get(i), i + 1);
      }
      world.pass(1_000);
      RemoteId other = new RemoteId(0x0102030405064709L, 0x8102030405060708L);
      hub.remote = other;

      hub.close(CloseCode.SERVICE_RESTART);
      world.pass(1_000);

      assertThat(hub.sent.get(0)).isEqualTo(new ClientMessage.RequestChanges("key", 1, false));
      assertThat(hub.writes()).hasSize(3);
      assertThat(driver.status().remoteId()).isEqualTo(other);
      assertThat(uploaded()).as("of the old one").isEqualTo(3);
    }

    @Test
    void thatClosesForWhoWritesIsStillRead() {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      hub.ack(hub.mark());
      log.writeAll(2, 1);
      world.deliver();
      assertThat(hub.writes()).hasSize(2);

      hub.close(CloseCode.POLICY_VIOLATION);
      world.pass(1_000);

      assertThat(hub.writes()).isEmpty();
      hub.ack(hub.mark());
      changes(change(1, entry()));
      assertThat(driver.status().state()).isEqualTo(RemoteState.LIVE);
      assertThat(driver.status().lastError()).contains("takes no writes");
      assertThat(marked(UploadMark.State.REFUSED)).isEmpty();
      Future<Void> synced = driver.syncNow(0);
      world.deliver();
      assertThat(hub.writes()).as("syncNow tries again").hasSize(2);
      assertThat(synced.isComplete()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {CloseCode.UNSUPPORTED_DATA, CloseCode.INVALID_PAYLOAD, CloseCode.TOO_BIG})
    void thatClosesOverOneEntryThreeTimesIsNotGivenItAgain(int code) {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      log.writeAll(3, 1);
      world.deliver();
      Future<Void> first = driver.await(1, 0);
      Future<Void> second = driver.await(2, 0);

      hub.close(code);
      for (int i = 0; i < 3; i++) {
        world.pass(10_000);
        assertThat(hub.writes()).as("alone").hasSize(1);
        assertThat(first.isComplete()).isFalse();
        hub.close(code);
      }
      world.pass(10_000);

      assertThat(first.cause()).isInstanceOf(EntryRefusedException.class);
      assertThat(hub.writes()).hasSize(1);
      hub.ack(hub.writes().get(0), 1);
      hub.ack(hub.writes().get(1), 2);
      assertThat(second.succeeded()).isTrue();
      world.pass(1_000);
      assertThat(marked(UploadMark.State.REFUSED)).containsExactly(1L);
      assertThat(uploaded()).isEqualTo(3);
      assertThat(driver.refused(0, 10).isComplete()).isFalse();
    }

    @Test
    void thatFailsForOtherReasonsBlamesNoEntry() {
      start(Preset.TRIBUTARY);
      log.writeAll(1, 1);
      for (int i = 0; i < 10; i++) {
        world.pass(10_000);
        assertThat(hub.writes()).hasSize(1);
        hub.close(CloseCode.INTERNAL_ERROR);
      }
      assertThat(marked(UploadMark.State.REFUSED)).isEmpty();
    }

    @Test
    void thatRefusesToSayWhereItEndsIsAskedAgain() {
      RemoteDriver driver = start(SyncOptions.of(Preset.TRIBUTARY, true, false));
      double mark = hub.mark();
      hub.say(new ServerMessage.Refusal(
          "WriteEntriesUnencrypted", mark, "key", ErrorCode.InternalServerError, "not now"));
      world.deliver();
      assertThat(driver.status().lastError()).contains("not now");
      world.pass(1_000);
      assertThat(hub.mark()).isGreaterThan(mark);
      hub.ack(hub.mark());
      assertThat(driver.status().state()).isEqualTo(RemoteState.LIVE);
    }
  }

  @Test
  void entriesThatShareASequenceAreDoneWithTogether() {
    SyncOptions usual = SyncOptions.of(Preset.TRIBUTARY, true, false);
    RemoteDriver driver = start(new SyncOptions(
        Preset.TRIBUTARY, true, usual.session(), 10_000, 1, 1, 1, 1, 1_000_000, 1, 1));
    List<ServerMessage.PlainChange> two = List.of(
        new ServerMessage.PlainChange(5, entry()), new ServerMessage.PlainChange(5, entry()));
    hub.say(new ServerMessage.ChangesUnencrypted("key", two));
    List<Long> cursors = new ArrayList<>();
    while (world.deliverOne()) {
      long at = log.progressNow(ScriptedHub.REMOTE, "plain:key").next();
      if (cursors.isEmpty() || cursors.get(cursors.size() - 1) != at) {
        cursors.add(at);
      }
    }
    assertThat(cursors).containsExactly(1L, 5L, 6L);
    assertThat(log.entries()).hasSize(2);
    assertThat(driver.status().lastSequence()).isEqualTo(5);
  }

  @Nested
  class ADelicateHub {
    @ParameterizedTest
    @EnumSource(
        value = Preset.class,
        names = {"BUN", "CLOUDFLARE"})
    void isSentNothingUntilNothingComesForASecond(Preset preset) {
      log.writeAll(2, 1);
      RemoteDriver driver = start(preset);
      assertThat(hub.sent).containsExactly(new ClientMessage.RequestChanges("key", 0, false));
      world.pass(900);
      changes(change(0, entry()));
      world.pass(900);
      assertThat(hub.sent).hasSize(1);
      assertThat(driver.status().state()).isEqualTo(RemoteState.SYNCING);

      world.pass(200);

      assertThat(driver.status().state()).isEqualTo(RemoteState.LIVE);
      assertThat(hub.writes()).hasSize(2);
      assertThat(hub.mark()).as("it wouldn't know").isEqualTo(-1);
      hub.ack(hub.writes().get(0), 1);
      hub.ack(hub.writes().get(1), 2);
      log.write("k", new byte[1]);
      world.deliver();
      assertThat(hub.writes()).as("later ones at once").hasSize(3);
      world.pass(1_000);
      assertThat(next()).as("0 was delivered, 1 and 2 acked").isEqualTo(3);
    }

    @Test
    void movesNoCursorByAcksBeforeItsFirstSequenceIsKnown() {
      log.writeAll(2, 1);
      start(Preset.BUN);
      world.pass(2_000);
      hub.ack(hub.writes().get(0), 1);
      hub.ack(hub.writes().get(1), 2);
      world.pass(1_000);
      assertThat(next()).as("0 may be foreign").isEqualTo(1);
      changes(change(0, entry()));
      world.pass(1_000);
      assertThat(next()).isEqualTo(3);
    }

    @Test
    void getsWhatIsInDoubtOneByOneAndThreeTimesAtMost() {
      RemoteDriver driver = start(Preset.BUN);
      log.writeAll(3, 1);
      world.pass(2_000);
      assertThat(hub.writes()).hasSize(3);
      Future<Void> first = driver.await(1, 0);

      hub.close(1005);
      for (int i = 0; i < 3; i++) {
        world.pass(900);
        assertThat(hub.writes()).isEmpty();
        world.pass(9_000);
        assertThat(hub.writes()).hasSize(1);
        hub.close(1005);
      }
      assertThat(first.cause()).isInstanceOf(EntryRefusedException.class);
      world.pass(10_000);
      assertThat(hub.writes()).hasSize(1);
      hub.ack(hub.writes().get(0), 7);
      assertThat(hub.writes()).hasSize(2);
      hub.ack(hub.writes().get(1), 8);
      log.writeAll(5, 1);
      world.deliver();
      assertThat(hub.writes()).as("nothing is in doubt any more").hasSize(7);
      world.pass(1_000);
      assertThat(marked(UploadMark.State.REFUSED)).containsExactly(1L);
      assertThat(driver.status().refused()).isEqualTo(1);
    }

    @Test
    void thatDeliversWhatIsInDoubtHasIt() {
      RemoteDriver driver = start(Preset.BUN);
      List<Entry> entries = log.writeAll(2, 1);
      world.pass(2_000);
      hub.close(1005);
      world.pass(150);
      changes(change(0, entries.get(0)), change(1, entries.get(1)));
      world.pass(5_000);
      assertThat(hub.writes()).isEmpty();
      assertThat(driver.status().pendingUploads()).isZero();
      assertThat(uploaded()).isEqualTo(2);
    }

    @Test
    void thatDeliversWhatItRefusedHasIt() {
      RemoteDriver driver = start(Preset.BUN);
      List<Entry> entries = log.writeAll(1, 1);
      for (int i = 0; i < 3; i++) {
        world.pass(10_000);
        hub.close(1005);
      }
      world.pass(10_000);
      assertThat(driver.status().refused()).isEqualTo(1);
      assertThat(marked(UploadMark.State.REFUSED)).containsExactly(1L);
      changes(change(0, entries.get(0)));
      world.pass(1_000);
      assertThat(driver.status().refused()).isZero();
      assertThat(marked(UploadMark.State.REFUSED)).isEmpty();
    }

    @Test
    void isNotPingedIfItCannotAnswer() {
      start(Preset.CLOUDFLARE);
      world.pass(60_000);
      assertThat(hub.pings()).isZero();
      assertThat(hub.attempts).hasSize(1);
    }
  }

  @Nested
  class Connections {
    @Test
    void arePingedAndLeftWithoutAPong() {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      hub.ack(hub.mark());
      world.pass(10_000);
      assertThat(hub.pings()).isEqualTo(1);
      hub.say(new ServerMessage.Pong(1));
      world.pass(10_000);
      assertThat(hub.pings()).isEqualTo(2);
      world.pass(9_999);
      assertThat(driver.status().connected()).isTrue();
      world.pass(1);
      assertThat(driver.status().connected()).isFalse();
      assertThat(driver.status().state()).isEqualTo(RemoteState.BACKOFF);
      assertThat(driver.status().lastError()).contains("no pong");
      assertThat(hub.closedWith).containsExactly(CloseCode.GOING_AWAY);
      world.pass(1_000);
      assertThat(hub.attempts).hasSize(2);
      hub.ack(hub.mark());
      assertThat(driver.status().lastError()).isNull();
    }

    @Test
    void areNotPingedIfToldSo() {
      start(SyncOptions.of(Preset.TRIBUTARY, false, true));
      world.pass(60_000);
      assertThat(hub.pings()).isZero();
    }

    @Test
    void areLeftWithoutAHello() {
      hub.greets = false;
      RemoteDriver driver = start(SyncOptions.of(Preset.TRIBUTARY, false, true));
      assertThat(driver.status().state()).isEqualTo(RemoteState.AUTHENTICATING);
      world.pass(9_999);
      assertThat(driver.status().connected()).isTrue();
      world.pass(1);
      assertThat(driver.status().connected()).isFalse();
      assertThat(driver.status().lastError()).contains("no Hello");
    }

    @Test
    void areTriedEverMoreSlowlyUpToFiveSeconds() {
      hub.accepts = false;
      start(Preset.TRIBUTARY);
      world.pass(60_000);
      long full = 100;
      for (int i = 1; i < hub.attempts.size(); i++) {
        long gap = hub.attempts.get(i) - hub.attempts.get(i - 1);
        assertThat(gap).as("gap " + i).isBetween(full / 2, full);
        full = Math.min(5_000, full * 2);
      }
      assertThat(hub.attempts).hasSizeBetween(17, 35);
    }

    @Test
    void thatWereHealthyAreTriedSoonAgain() {
      hub.accepts = false;
      start(Preset.TRIBUTARY);
      world.pass(60_000);
      hub.accepts = true;
      world.pass(5_000);
      hub.close(CloseCode.NO_CLOSE_FRAME);
      int before = hub.attempts.size();
      world.pass(2_499);
      assertThat(hub.attempts).as("not healthy for long enough").hasSize(before);
      world.pass(2_501);
      assertThat(hub.attempts).hasSize(before + 1);
      world.pass(9_900);
      world.pass(200);
      hub.close(CloseCode.NO_CLOSE_FRAME);
      world.pass(100);
      assertThat(hub.attempts).hasSize(before + 2);
    }

    @Test
    void areMadeAtOnceForSyncNow() {
      hub.accepts = false;
      RemoteDriver driver = start(Preset.TRIBUTARY);
      world.pass(60_000);
      hub.accepts = true;
      int before = hub.attempts.size();
      Future<Void> synced = driver.syncNow(0);
      world.deliver();
      assertThat(hub.attempts).hasSize(before + 1);
      hub.ack(hub.mark());
      assertThat(synced.succeeded()).isTrue();
    }

    @Test
    void mayBeLostOnceDuringSyncNow() {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      Future<Void> synced = driver.syncNow(0);
      hub.close(CloseCode.SERVICE_RESTART);
      world.pass(1_000);
      assertThat(synced.isComplete()).isFalse();
      hub.ack(hub.mark());
      assertThat(synced.succeeded()).isTrue();
    }

    @Test
    void thatAreAskedForTheEndBeforeSyncNowAreAskedAgain() {
      RemoteDriver driver = start(Preset.TRIBUTARY);
      double before = hub.mark();
      Future<Void> synced = driver.syncNow(0);
      hub.ack(before);
      assertThat(synced.isComplete()).as("that was asked before").isFalse();
      assertThat(hub.mark()).isGreaterThan(before);
      hub.ack(hub.mark());
      assertThat(synced.succeeded()).isTrue();
    }
  }

  @Test
  void aJournalThatIsNotCaughtUpIsNotTakenForOne() {
    // Written while the driver is not there, and found when it is.
    List<Entry> before = log.writeAll(10, 1);
    RemoteDriver driver = start(Preset.TRIBUTARY);
    assertThat(hub.writes()).hasSize(10);
    assertThat(driver.status().pendingUploads()).isEqualTo(10);
    assertThat(log.pendingNow(ScriptedHub.REMOTE, STORE))
        .containsExactlyElementsOf(before.stream().map(Entry::id).toList());
  }

  @Test
  void entriesWithIdsThatNobodyTakesAreRefusedHere() {
    log.writeEntry(new Entry(new EntryId(5, 5), "event", "k", new byte[1]));
    RemoteDriver driver = start(Preset.TRIBUTARY);
    world.pass(1_000);
    assertThat(hub.writes()).isEmpty();
    assertThat(marked(UploadMark.State.REFUSED)).containsExactly(1L);
    assertThat(driver.status().refused()).isEqualTo(1);
  }

  @Test
  void recordsAreFewForManyAcks() {
    start(new SyncOptions(
        Preset.TRIBUTARY,
        false,
        ClientSession.Options.DEFAULT,
        10_000,
        256,
        1 << 20,
        256,
        4 << 20,
        8 << 20,
        256,
        4 << 20));
    log.writeAll(64, 1);
    world.deliver();
    for (int i = 0; i < 64; i++) {
      hub.ack(hub.writes().get(i), i + 1);
    }
    world.pass(1_000);
    assertThat(uploaded()).isEqualTo(64);
    assertThat(next()).isEqualTo(65);
    assertThat(log.records).isLessThanOrEqualTo(3);
  }
}
