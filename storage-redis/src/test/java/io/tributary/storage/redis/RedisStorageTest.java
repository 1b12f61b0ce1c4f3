package io.tributary.storage.redis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.journal.UploadMark;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Health;
import io.tributary.storage.Hint;
import io.tributary.storage.JournalStore;
import io.tributary.storage.KeyValueStore;
import io.tributary.storage.Removal;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.contract.HeardHints;
import io.tributary.storage.redis.TestServer.Version;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is this provider's own, on real servers. */
class RedisStorageTest {
  private static final StoreKey STORE = new StoreKey.Sealed("tenant", "public key");

  private static final String JOURNAL = "processing";

  private @Nullable TestServer server;

  private TestServer server(Version version, String... settings) {
    assumeTrue(version.program() != null, "no redis-server is installed");
    TestServer made = new TestServer(version, settings);
    server = made;
    return made;
  }

  @AfterEach
  void end() {
    if (server != null) {
      server.close();
    }
  }

  // several nodes

  @ParameterizedTest
  @EnumSource(Version.class)
  void nodesShareADataSet(Version version) {
    TestServer redis = server(version);
    try (Opened one = new Opened(redis.section());
        Opened two = new Opened(redis.section())) {
      assertThat(two.storage.dataSetId()).isEqualTo(one.storage.dataSetId());
      for (int i = 1; i <= 50; i++) {
        Opened writer = i % 2 == 0 ? one : two;
        Opened reader = i % 2 == 0 ? two : one;
        assertThat(writer.append(STORE, record(100)).head()).isEqualTo(i);
        assertThat(reader.head(STORE)).isEqualTo(i);
        assertThat(reader.all(STORE)).hasSize(i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void nodesThatAppendTheSameIdsAtOnceAgree(Version version) {
    TestServer redis = server(version);
    try (Opened one = new Opened(redis.section());
        Opened two = new Opened(redis.section())) {
      List<NewRecord> records = Stream.generate(() -> record(100)).limit(1000).toList();
      Map<EntryId, Long> sequences = new HashMap<>();
      List<Future<List<AppendResult>>> calls = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        calls.add(one.submit(STORE, records.get(i)));
        calls.add(two.submit(STORE, records.get(999 - i)));
      }
      for (int i = 0; i < 2000; i++) {
        NewRecord record = records.get(i % 2 == 0 ? i / 2 : 999 - i / 2);
        long sequence = Opened.await(calls.get(i)).get(0).slots().get(0).sequences()[0];
        Long before = sequences.put(record.ids().get(0), sequence);
        assertThat(before == null || before == sequence).isTrue();
      }
      assertThat(one.all(STORE)).hasSize(1000);
      assertThat(two.all(STORE)).hasSize(1000);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void whoseConnectionWasLostHearsThatHintsMayBe(Version version) {
    TestServer redis = server(version);
    try (Opened one = new Opened(redis.section());
        Opened two = new Opened(redis.section())) {
      HeardHints heard = new HeardHints();
      var unused = Opened.await(two.storage.hints().subscribe(heard));
      one.command(Command.CLIENT, "KILL", "TYPE", "pubsub");
      heard.awaitMissed();
      Hint hint = new Hint.Committed(STORE, 7);
      one.storage.hints().publish(hint);
      heard.await(Set.of(hint));
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void hintsGoOnAfterTheServerCameBack(Version version) {
    TestServer redis = server(version);
    try (Opened one = new Opened(redis.section());
        Opened two = new Opened(redis.section())) {
      HeardHints heard = new HeardHints();
      var unused = Opened.await(two.storage.hints().subscribe(heard));
      redis.kill();
      redis.start();
      heard.awaitMissed();
      awaitHead(one);
      Hint hint = new Hint.Removed(STORE, 7);
      one.storage.hints().publish(hint);
      heard.await(Set.of(hint));
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void whatANodeCouldNotSendTheOthersMiss(Version version) {
    TestServer redis = server(version);
    try (Opened one = new Opened(redis.section());
        Opened two = new Opened(redis.section())) {
      HeardHints heard = new HeardHints();
      var unused = Opened.await(two.storage.hints().subscribe(heard));
      two.command(Command.CLIENT, "KILL", "TYPE", "normal", "SKIPME", "yes");
      Hint hint = new Hint.Removed(STORE, 7);
      one.storage.hints().publish(hint);
      heard.awaitUnlessMissed(hint);
    }
  }

  /** Returns once the node's link for reads is up again. */
  private static void awaitHead(Opened node) {
    Promise<Void> up = Promise.promise();
    long timer = node.vertx.setPeriodic(20, id -> {
      var unused = node.storage.log().heads(List.of(STORE)).onSuccess(heads -> up.tryComplete());
    });
    Opened.await(up.future());
    node.vertx.cancelTimer(timer);
  }

  // durability

  @ParameterizedTest
  @EnumSource(Version.class)
  void requiredRefusesAServerThatMayLoseSomething(Version version) {
    String[][] wrong = {
      {"appendfsync", "everysec"},
      {"appendonly", "no"},
      {"maxmemory-policy", "allkeys-lru"},
      {"no-appendfsync-on-rewrite", "yes"}
    };
    for (String[] setting : wrong) {
      TestServer redis = server(version, setting);
      assertThatThrownBy(() -> new Opened(redis.section()))
          .isInstanceOf(StorageConfigException.class)
          .hasMessageContaining("found required")
          .hasMessageContaining(setting[0] + " " + setting[1])
          .hasMessageContaining("relaxed")
          .extracting(e -> ((StorageConfigException) e).key())
          .isEqualTo("durability");
      try (Opened opened = new Opened(redis.section().put("durability", "relaxed"))) {
        assertThat(opened.storage.durable()).isFalse();
        assertThat(opened.append(STORE, record(10)).head()).isEqualTo(1);
        assertThat(Opened.await(opened.storage.check()).status()).isEqualTo(Health.Status.UP);
      }
      redis.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void requiredRefusesAServerThatDoesNotTellItsSettings(Version version) {
    TestServer redis = server(version, "rename-command", "CONFIG \"\"");
    assertThatThrownBy(() -> new Opened(redis.section()))
        .isInstanceOf(StorageConfigException.class)
        .hasMessageContaining("does not tell")
        .hasMessageContaining("CONFIG GET");
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void nothingIsAckedOnceTheServerWasSetToLoseSomething(Version version) {
    TestServer redis = server(version);
    try (Opened opened = new Opened(redis.section())) {
      opened.append(STORE, record(10));
      opened.command(Command.CONFIG, "SET", "appendfsync", "everysec");
      NewRecord doubtful = record(10);
      // Unknown if it was executed before anybody had asked for the settings.
      assertThat(opened.refused(STORE, doubtful).outcome()).isNotEqualTo(Outcome.REJECTED);
      StorageException second = opened.refused(STORE, record(10));
      assertThat(second.outcome()).isEqualTo(Outcome.NOT_COMMITTED);
      assertThat(second).hasMessageContaining("appendfsync everysec");
      Health health = Opened.await(opened.storage.check());
      assertThat(health.status()).isEqualTo(Health.Status.READ_ONLY);
      assertThat(health.message()).contains("appendfsync everysec");
      opened.command(Command.CONFIG, "SET", "appendfsync", "always");
      assertThat(opened.append(STORE, doubtful).head()).isEqualTo(2);
      assertThat(Opened.await(opened.storage.check())).isEqualTo(Health.UP);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void aReaderNeverSeesWhatNobodyConfirmed(Version version) throws IOException {
    TestServer redis = server(version, "dbfilename", "in-the-way");
    Files.createDirectories(redis.dir.resolve("in-the-way/x"));
    try (Opened reader = new Opened(redis.section());
        Opened second = new Opened(redis.section())) {
      reader.append(STORE, record(10));
      // Executed by somebody who died before the reply.
      assertThat(appendRaw(second, STORE)).isEqualTo(2);
      assertThat(
              second.command(Command.HGET, "tributary:store:" + STORE, "head").toLong())
          .isEqualTo(2);
      refuseWrites(second);
      try (Opened third = new Opened(redis.section())) {
        for (Opened each : List.of(reader, second, third)) {
          assertThat(each.head(STORE)).isLessThan(2);
          assertThat(Opened.await(each.storage.log().read(STORE, 2, 10, 1000)).records())
              .isEmpty();
          assertThat(Opened.await(each.storage.log().stats(STORE)).head()).isLessThan(2);
        }
        assertThat(reader.refused(STORE, record(10)).outcome()).isEqualTo(Outcome.NOT_COMMITTED);
        Health health = Opened.await(reader.storage.check());
        assertThat(health.status()).isEqualTo(Health.Status.READ_ONLY);
        second.command(Command.CONFIG, "SET", "stop-writes-on-bgsave-error", "no");
        for (Opened each : List.of(reader, second, third)) {
          assertThat(each.head(STORE)).isEqualTo(2);
          assertThat(each.all(STORE)).hasSize(2);
        }
      }
      // Raised over the lower entry of another.
      assertThat(second
              .command(Command.HGET, "tributary:store:" + STORE, "durable")
              .toLong())
          .isBetween(1L, 2L);
      reader.append(STORE, record(10));
      reader.append(STORE, record(10));
      assertThat(second
              .command(Command.HGET, "tributary:store:" + STORE, "durable")
              .toLong())
          .isGreaterThanOrEqualTo(3);
    }
  }

  /** The effect of an append, with nobody to hear of it. */
  private static long appendRaw(Opened by, StoreKey store) {
    Response reply = by.send(Request.cmd(Command.EVAL)
        .arg(Script.APPEND.text)
        .arg(1)
        .arg("tributary:meta")
        .arg(by.storage.dataSetId().toString())
        .arg(0)
        .arg(store.toString())
        .arg(0)
        .arg(1)
        .arg(1)
        .arg(Records.encode(1, record(10))));
    return reply.get(reply.size() - 1).toLong();
  }

  /** MISCONF: a snapshot that can't be written. */
  private static void refuseWrites(Opened by) {
    by.command(Command.CONFIG, "SET", "save", "3600 1");
    by.command(Command.BGSAVE);
    String info;
    do {
      info = by.command(Command.INFO, "persistence").toString();
    } while (info.contains("rdb_bgsave_in_progress:1"));
    assertThat(info).contains("rdb_last_bgsave_status:err");
  }

  // a head that goes back

  @ParameterizedTest
  @EnumSource(Version.class)
  void aServerThatWentBackIsClosedUntilReseeded(Version version) {
    TestServer redis = server(version);
    try (Opened one = new Opened(redis.section());
        Opened two = new Opened(redis.section())) {
      one.append(STORE, record(10));
      redis.stop();
      Path copy = redis.dir.resolve("copy");
      redis.copyAppendOnly(copy);
      redis.start();
      appendOnceBack(one);
      appendOnceBack(one);
      redis.stop();
      redis.putBack(copy);
      redis.start();
      assertClosed(one);
      // A node that was not there knows nothing itself.
      try (Opened fresh = new Opened(redis.section())) {
        assertClosed(fresh);
      }
      assertClosed(two);
      DataSetId after = DataSetId.random();
      Opened.await(one.storage.reseed(after));
      assertThat(one.storage.dataSetId()).isEqualTo(after);
      assertThat(one.head(STORE)).isEqualTo(1);
      assertThat(one.append(STORE, record(10)).head()).isEqualTo(2);
      assertThat(Opened.await(one.storage.check())).isEqualTo(Health.UP);
      // The other node is still known by the old identity.
      assertThat(two.refused(STORE, record(10)))
          .hasMessageContaining("another identity")
          .extracting(StorageException::outcome)
          .isEqualTo(Outcome.NOT_COMMITTED);
      Health health = Opened.await(two.storage.check());
      assertThat(health.status()).isEqualTo(Health.Status.DOWN);
      assertThat(health.message()).contains("start this hub again");
      try (Opened fresh = new Opened(redis.section())) {
        assertThat(fresh.storage.dataSetId()).isEqualTo(after);
        assertThat(fresh.all(STORE)).hasSize(2);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void goingBackIsNoticedEvenIfOthersWroteOn(Version version) {
    TestServer redis = server(version);
    try (Opened one = new Opened(redis.section())) {
      one.append(STORE, record(10));
      redis.stop();
      Path copy = redis.dir.resolve("copy");
      redis.copyAppendOnly(copy);
      redis.start();
      appendOnceBack(one);
      redis.stop();
      redis.putBack(copy);
      redis.start();
      // Whoever is back first: this node, which remembers, or one that writes more than was lost.
      try (Opened fresh = new Opened(redis.section())) {
        for (int i = 0; i < 100; i++) {
          Throwable ignored =
              Opened.await(fresh.submit(STORE, record(10)).map((Throwable) null).otherwise(e -> e));
        }
      }
      assertClosed(one);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void anEmptiedServerIsNotTakenForTheDataSet(Version version) {
    TestServer redis = server(version);
    try (Opened one = new Opened(redis.section())) {
      one.append(STORE, record(10));
      one.command(Command.FLUSHALL);
      StorageException e = one.refused(STORE, record(10));
      assertThat(e.outcome()).isEqualTo(Outcome.NOT_COMMITTED);
      assertThat(e).hasMessageContaining("reseed");
      assertThat(Opened.await(one.storage.check()).status()).isEqualTo(Health.Status.DOWN);
      Opened.await(one.storage.reseed(DataSetId.random()));
      assertThat(one.append(STORE, record(10)).head()).isEqualTo(1);
    }
  }

  /** Tries again until the connection is back. */
  private static void appendOnceBack(Opened opened) {
    NewRecord record = record(10);
    while (true) {
      StorageException e = Opened.await(
          opened.submit(STORE, record).map((StorageException) null).otherwise(failure ->
              (StorageException) failure));
      if (e == null) {
        return;
      }
      assertThat(e.outcome()).isNotEqualTo(Outcome.REJECTED);
    }
  }

  private static void assertClosed(Opened opened) {
    assertTold(() -> opened.submit(STORE, record(10)));
    assertTold(() -> opened.storage.log().read(STORE, 1, 10, 1000));
    assertTold(() -> opened.storage.log().heads(List.of(STORE)));
    Health health = Opened.await(opened.storage.check());
    assertThat(health.status()).isEqualTo(Health.Status.DOWN);
    assertThat(health.message()).contains("reseed");
  }

  /** That a call is refused with the remedy, once its connection is back. */
  private static void assertTold(Supplier<Future<?>> call) {
    StorageException e;
    do {
      e = Opened.failure(call.get());
      assertThat(e.outcome()).isNotEqualTo(Outcome.REJECTED);
    } while (String.valueOf(e.getMessage()).contains("connection")
        || String.valueOf(e.getMessage()).contains("reached")
        || String.valueOf(e.getMessage()).contains("loading"));
    assertThat(e.outcome()).isEqualTo(Outcome.NOT_COMMITTED);
    assertThat(e).hasMessageContaining("reseed");
  }

  // trouble

  @ParameterizedTest
  @EnumSource(Version.class)
  void scriptsThatTheServerForgotAreSentAgain(Version version) {
    TestServer redis = server(version);
    try (Opened opened = new Opened(redis.section())) {
      List<Future<List<AppendResult>>> calls = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        calls.add(opened.submit(STORE, record(10)));
        if (i % 20 == 0) {
          opened.command(Command.SCRIPT, "FLUSH");
        }
      }
      calls.forEach(Opened::await);
      opened.command(Command.SCRIPT, "FLUSH");
      assertThat(opened.all(STORE)).hasSize(200);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void withoutMemoryReadsGoOnAndSoDoWritesOnceThereIsSome(Version version) {
    TestServer redis = server(version);
    try (Opened opened = new Opened(redis.section());
        Opened other = new Opened(redis.section())) {
      NewRecord known = record(10);
      opened.append(STORE, known, record(1000));
      opened.command(Command.CONFIG, "SET", "maxmemory", "1");
      StorageException e = opened.refused(STORE, record(10));
      assertThat(e.outcome()).isEqualTo(Outcome.NOT_COMMITTED);
      assertThat(e).hasMessageContaining("maxmemory");
      Health health = Opened.await(opened.storage.check());
      assertThat(health.status()).isEqualTo(Health.Status.READ_ONLY);
      assertThat(health.message()).contains("maxmemory");
      assertThat(opened.all(STORE)).hasSize(2);
      assertThat(other.all(STORE)).hasSize(2);
      assertThat(opened.append(STORE, known).head()).isEqualTo(2);
      // Room can be made.
      assertThat(Opened.await(opened.storage.log().remove(new Removal(STORE, List.of(2L), 1, null)))
              .records())
          .isEqualTo(1);
      opened.command(Command.CONFIG, "SET", "maxmemory", "0");
      assertThat(opened.append(STORE, record(10)).head()).isEqualTo(3);
      assertThat(Opened.await(opened.storage.check())).isEqualTo(Health.UP);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void whatWasRemovedIsGoneFromTheDiskOnceReclaimed(Version version) throws IOException {
    TestServer redis = server(version);
    byte[] secret = "a secret that must not stay".getBytes(StandardCharsets.UTF_8);
    try (Opened opened = new Opened(redis.section())) {
      opened.append(STORE, NewRecord.sealed(Opened.newId(), new byte[12], secret), record(100));
      assertThat(onDisk(redis, secret)).isTrue();
      Opened.await(opened.storage.log().remove(new Removal(STORE, List.of(1L), 1, null)));
      Opened.await(opened.storage.reclaim());
      assertThat(onDisk(redis, secret)).isFalse();
      assertThat(opened.append(STORE, record(10)).head()).isEqualTo(3);
    }
  }

  private static boolean onDisk(TestServer redis, byte[] what) throws IOException {
    String text = new String(what, StandardCharsets.ISO_8859_1);
    try (Stream<Path> files = Files.walk(redis.dir)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text)) {
          return true;
        }
      }
    }
    return false;
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void openingWaitsForTheServer(Version version) {
    TestServer redis = server(version);
    redis.stop();
    assertThatThrownBy(() -> new Opened(redis.section().put("connectWait", "0 s")))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(redis.uri())
        .hasMessageContaining("connectWait")
        .hasMessageContaining("storage.redis.uri");
    Thread starter = new Thread(redis::start);
    starter.start();
    try (Opened opened = new Opened(redis.section())) {
      assertThat(opened.append(STORE, record(10)).head()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void aWrongPasswordIsToldAtOnceAndNeverShown(Version version) {
    TestServer redis = server(version, "requirepass", "right");
    for (String user : List.of("", ":wrongwrong@", "somebody:wrongwrong@")) {
      String uri = "redis://" + user + "127.0.0.1:" + redis.port;
      assertThatThrownBy(() -> new Opened(new JsonObject().put("uri", uri)))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("storage.redis.uri")
          .hasMessageNotContaining("wrongwrong");
    }
    String uri = "redis://:right@127.0.0.1:" + redis.port;
    try (Opened opened = new Opened(new JsonObject().put("uri", uri))) {
      assertThat(opened.append(STORE, record(10)).head()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void bodiesOfSixteenMebibytesDoNotDelayTheirReaders(Version version) {
    TestServer redis = server(version);
    try (Opened opened = new Opened(redis.section())) {
      for (int i = 1; i <= 4; i++) {
        assertThat(opened.append(STORE, record(16 << 20)).head()).isEqualTo(i);
      }
      assertThat(Opened.await(opened.storage.log().scan(STORE, 1, 10)).records())
          .hasSize(4);
      List<StoredRecord> all = opened.all(STORE);
      assertThat(all).hasSize(4);
      assertThat(all).allMatch(each -> each.record().body().length == 16 << 20);
    }
  }

  // journals

  private static JournalEntry entry(EntryId id, byte[] payload) {
    return new JournalEntry(id, new byte[] {'e'}, new byte[] {'k'}, payload, 1);
  }

  private static JournalCommit entries(JournalEntry... entries) {
    return JournalCommit.received(
        List.of(entries), List.of(), RemoteProgress.none(new RemoteId(1, 2), "store"));
  }

  private static Future<List<Long>> commit(Opened by, EntryId id) {
    return by.storage
        .journals()
        .commit(JOURNAL, entries(entry(id, new byte[10])), Optional.empty());
  }

  private static Map<EntryId, KnownEntry> known(Opened by, EntryId... ids) {
    return Opened.await(by.storage.journals().known(JOURNAL, List.of(ids)));
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void dataOfTheFirstSchemaAreBroughtUpToDateAndNewerOnesRefused(Version version) {
    TestServer redis = server(version);
    DataSetId dataSet;
    try (Opened opened = new Opened(redis.section())) {
      dataSet = opened.storage.dataSetId();
      opened.append(STORE, record(10));
      opened.command(Command.HSET, "tributary:meta", "schema", "1");
    }
    try (Opened opened = new Opened(redis.section())) {
      assertThat(opened.storage.dataSetId()).isEqualTo(dataSet);
      assertThat(opened.all(STORE)).hasSize(1);
      EntryId id = Opened.newId();
      assertThat(Opened.await(commit(opened, id))).containsExactly(1L);
      assertThat(known(opened, id)).hasSize(1);
      byte[] key = {1};
      Opened.await(
          opened.storage.keyValues().commit("space", List.of(new KeyValueStore.Change(key, key))));
      assertThat(Opened.await(opened.storage.keyValues().get("space", key))).contains(key);
      assertThat(opened.command(Command.HGET, "tributary:meta", "schema").toLong())
          .isEqualTo(3);
      opened.command(Command.HSET, "tributary:meta", "schema", "4");
    }
    assertThatThrownBy(() -> new Opened(redis.section()))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("schema version 4")
        .hasMessageContaining("newer version");
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void aJournalIsReadOnlyOnceItsLastCommitIsConfirmed(Version version) throws IOException {
    TestServer redis = server(version, "dbfilename", "in-the-way");
    Files.createDirectories(redis.dir.resolve("in-the-way/x"));
    EntryId mine = Opened.newId();
    EntryId others = Opened.newId();
    try (Opened reader = new Opened(redis.section());
        Opened second = new Opened(redis.section())) {
      Opened.await(commit(reader, mine));
      assertThat(known(reader, mine, others)).hasSize(1);
      // Executed by somebody who died before the reply.
      commitRaw(second, others);
      refuseWrites(second);
      try (Opened third = new Opened(redis.section())) {
        for (Opened each : List.of(reader, second, third)) {
          JournalStore journals = each.storage.journals();
          for (Future<?> read : List.<Future<?>>of(
              journals.known(JOURNAL, List.of(mine)),
              journals.entries(JOURNAL, 0, 1, 1),
              journals.outcomes(JOURNAL, Optional.empty(), Optional.empty(), 1))) {
            assertThat(Opened.failure(read).outcome()).isEqualTo(Outcome.NOT_COMMITTED);
          }
        }
        second.command(Command.CONFIG, "SET", "stop-writes-on-bgsave-error", "no");
        for (Opened each : List.of(reader, second, third)) {
          assertThat(known(each, mine, others)).hasSize(2);
        }
        // The end of a journal is not shown either before it is confirmed.
        Response unused = raw(second, Script.JOURNAL_DESTROY, new Args().add(JOURNAL));
        second.command(Command.CONFIG, "SET", "stop-writes-on-bgsave-error", "yes");
        for (Opened each : List.of(reader, second, third)) {
          JournalStore journals = each.storage.journals();
          for (Future<?> read : List.<Future<?>>of(
              journals.known(JOURNAL, List.of(mine)), journals.journals(Optional.empty(), 1))) {
            assertThat(Opened.failure(read).outcome()).isEqualTo(Outcome.NOT_COMMITTED);
          }
        }
        second.command(Command.CONFIG, "SET", "stop-writes-on-bgsave-error", "no");
        assertThat(known(reader, mine, others)).isEmpty();
      }
    }
  }

  /** The effect of a commit, with nobody to hear of it. */
  private static void commitRaw(Opened by, EntryId id) {
    Args args = new Args().add(JOURNAL).add("").add(0).add(0);
    for (int count : new int[] {0, 1, 0, 0, 0, 0, 0}) {
      args.add(count);
    }
    Response unused =
        raw(by, Script.JOURNAL_COMMIT, args.add(JournalItems.encode(entry(id, new byte[0]))));
  }

  private static Response raw(Opened by, Script script, Args args) {
    Request request = Request.cmd(Command.EVAL)
        .arg(script.text)
        .arg(1)
        .arg("tributary:meta")
        .arg(by.storage.dataSetId().toString())
        .arg(0);
    args.list().forEach(request::arg);
    return requireNonNull(by.send(request));
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void journalsThatWentBackAreClosedUntilReseeded(Version version) {
    TestServer redis = server(version);
    try (Opened one = new Opened(redis.section())) {
      EntryId kept = Opened.newId();
      Opened.await(commit(one, kept));
      redis.stop();
      Path copy = redis.dir.resolve("copy");
      redis.copyAppendOnly(copy);
      redis.start();
      EntryId lost = Opened.newId();
      Future<Boolean> again = Future.succeededFuture(false);
      while (!Opened.await(again)) {
        again = commit(one, lost).map(true).otherwise(false);
      }
      redis.stop();
      redis.putBack(copy);
      redis.start();
      assertTold(() -> one.storage.journals().known(JOURNAL, List.of(kept)));
      assertTold(() -> commit(one, Opened.newId()));
      assertTold(() -> one.storage.journals().journals(Optional.empty(), 1));
      assertTold(() -> one.storage.journals().destroy(JOURNAL));
      assertClosed(one);
      // The connections may be on their way still.
      Future<Boolean> reseeded = Future.succeededFuture(false);
      while (!Opened.await(reseeded)) {
        reseeded = one.storage.reseed(DataSetId.random()).map(true).otherwise(false);
      }
      Future<Boolean> read = Future.succeededFuture(false);
      while (!Opened.await(read)) {
        read = one.storage.journals().known(JOURNAL, List.of(kept)).map(true).otherwise(false);
      }
      assertThat(known(one, kept, lost)).containsOnlyKeys(kept);
      assertThat(Opened.await(commit(one, lost))).containsExactly(2L);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void withoutMemoryJournalsAreReadAndRemovedFrom(Version version) {
    TestServer redis = server(version);
    EntryId id = Opened.newId();
    EntryId other = Opened.newId();
    try (Opened opened = new Opened(redis.section());
        Opened second = new Opened(redis.section())) {
      Opened.await(commit(opened, id));
      opened.command(Command.CONFIG, "SET", "maxmemory", "1");
      StorageException e = Opened.failure(commit(opened, other));
      assertThat(e.outcome()).isEqualTo(Outcome.NOT_COMMITTED);
      assertThat(e).hasMessageContaining("maxmemory");
      assertThat(known(opened, id, other)).containsOnlyKeys(id);
      assertThat(known(second, id, other)).containsOnlyKeys(id);
      EntryOutcome removed = new EntryOutcome(id, EntryOutcome.State.REMOVED, 0, 1, null);
      Opened.await(opened
          .storage
          .journals()
          .commit(JOURNAL, JournalCommit.removed(List.of(id), List.of(removed)), Optional.empty()));
      assertThat(known(second, id)).containsEntry(id, new KnownEntry(id, 0, true, removed));
      Opened.await(opened.storage.journals().destroy("nothing"));
      opened.command(Command.CONFIG, "SET", "maxmemory", "0");
      assertThat(Opened.await(commit(opened, other))).containsExactly(2L);
    }
  }

  @ParameterizedTest
  @EnumSource(Version.class)
  void whatWasRemovedFromAJournalIsGoneFromTheDiskOnceReclaimed(Version version)
      throws IOException {
    TestServer redis = server(version);
    byte[] secret = "a secret that must not stay".getBytes(StandardCharsets.UTF_8);
    EntryId id = Opened.newId();
    try (Opened opened = new Opened(redis.section())) {
      JournalStore journals = opened.storage.journals();
      Opened.await(journals.commit(JOURNAL, entries(entry(id, secret)), Optional.empty()));
      assertThat(onDisk(redis, secret)).isTrue();
      Opened.await(journals.commit(
          JOURNAL, JournalCommit.removed(List.of(id), List.of()), Optional.empty()));
      Opened.await(opened.storage.reclaim());
      assertThat(onDisk(redis, secret)).isFalse();
    }
  }

  /** More of everything than a script hands over at once. */
  @ParameterizedTest
  @EnumSource(Version.class)
  void longAnswersAreFetchedInSteps(Version version) {
    TestServer redis = server(version);
    int many = 2_300;
    RemoteId remote = new RemoteId(1, 2);
    List<JournalEntry> all = Stream.generate(() -> entry(Opened.newId(), new byte[20_000]))
        .limit(many)
        .toList();
    List<UploadMark> marks = new ArrayList<>();
    for (int i = 1; i < many; i++) {
      marks.add(new UploadMark(remote, "store", i, UploadMark.State.KNOWN, null));
    }
    List<EntryOutcome> outcomes = all.stream()
        .map(entry -> new EntryOutcome(
            entry.id(), EntryOutcome.State.of(1 + (int) (entry.id().low() & 3)), 1, 2, null))
        .toList();
    JournalCommit changes =
        new JournalCommit(List.of(), all, outcomes, List.of(), List.of(), marks, List.of());
    int most = Integer.MAX_VALUE;
    try (Opened opened = new Opened(redis.section())) {
      JournalStore journals = opened.storage.journals();
      assertThat(Opened.await(journals.commit(JOURNAL, changes, Optional.empty())))
          .isEqualTo(Stream.iterate(1L, i -> i + 1).limit(many).toList());
      List<EntryId> ids = all.stream().map(JournalEntry::id).toList();
      assertThat(Opened.await(journals.entries(JOURNAL, 0, most, Long.MAX_VALUE)))
          .extracting(placed -> placed.entry().id())
          .isEqualTo(ids);
      assertThat(Opened.await(journals.sameKey(
              JOURNAL, new byte[] {'e'}, new byte[] {'k'}, Optional.empty(), most)))
          .extracting(placed -> placed.entry().id())
          .isEqualTo(ids.stream().sorted().toList());
      assertThat(Opened.await(journals.pending(JOURNAL, remote, "store", 0, most, Long.MAX_VALUE)))
          .extracting(placed -> placed.entry().id())
          .containsExactly(ids.get(many - 1));
      assertThat(Opened.await(
              journals.marks(JOURNAL, remote, "store", UploadMark.State.KNOWN, 0, most)))
          .isEqualTo(marks);
      assertThat(Opened.await(journals.outcomes(JOURNAL, Optional.empty(), Optional.empty(), most)))
          .isEqualTo(
              outcomes.stream().sorted(Comparator.comparing(EntryOutcome::id)).toList());
      assertThat(Opened.await(journals.known(JOURNAL, ids))).hasSize(many);
    }
  }

  private static NewRecord record(int bytes) {
    return Opened.record(bytes);
  }
}
