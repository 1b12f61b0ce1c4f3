package io.tributary.storage.postgres;

import static io.tributary.storage.postgres.Sql.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.KnownEntry;
import io.tributary.core.journal.RemoteProgress;
import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.RemoteId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.FencedException;
import io.tributary.storage.Health;
import io.tributary.storage.Hint;
import io.tributary.storage.Hint.Committed;
import io.tributary.storage.Hint.Removed;
import io.tributary.storage.KeyValueStore;
import io.tributary.storage.Lease;
import io.tributary.storage.Removal;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageConfigException;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.StorageProvider;
import io.tributary.storage.contract.HeardHints;
import io.tributary.storage.postgres.PostgresServer.Version;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.pgclient.PgConnection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the kit can't know of: settings, several nodes, what operators and servers do. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PostgresStorageTest {
  private static final StoreKey STORE = new StoreKey.Sealed("tenant", "public key");

  private static final String JOURNAL = "processing";

  private final Vertx vertx = Vertx.vertx();
  private final String uri = Servers.uri(Version.NEWEST);
  private final String schema = "Test_" + UUID.randomUUID().toString().replace('-', '_');
  private final EntryIdGenerator ids = new EntryIdGenerator(InstantSource.system());
  private final List<Storage> opened = new ArrayList<>();

  @AfterEach
  void clean() {
    opened.forEach(storage -> await(storage.close()));
    await(vertx.close());
    Sql.run(uri, "DROP SCHEMA IF EXISTS \"" + schema + "\" CASCADE");
  }

  private JsonObject section() {
    return new JsonObject().put("uri", uri).put("schema", schema).put("connectWait", "0");
  }

  private Future<Storage> tryToOpen(JsonObject section) {
    return new PostgresStorageProvider().open(vertx, section);
  }

  private Storage open(JsonObject section) {
    Storage storage = await(tryToOpen(section));
    opened.add(storage);
    return storage;
  }

  private static Throwable failure(Future<?> future) {
    try {
      await(future);
    } catch (CompletionException e) {
      return e.getCause();
    }
    throw new AssertionError("succeeded");
  }

  private NewRecord record() {
    return NewRecord.sealed(ids.next(), new byte[12], new byte[100]);
  }

  private static Future<List<AppendResult>> append(Storage storage, NewRecord... records) {
    return storage.log().append(List.of(new Append(STORE, 1, List.of(records))));
  }

  /** Commits an entry to the journal. */
  private static Future<List<Long>> commit(Storage storage, EntryId id, Optional<Lease> fence) {
    JournalEntry entry = new JournalEntry(id, new byte[] {'e'}, new byte[] {'k'}, new byte[0], 1);
    RemoteProgress progress = RemoteProgress.none(new RemoteId(1, 2), "store");
    return storage
        .journals()
        .commit(JOURNAL, JournalCommit.received(List.of(entry), List.of(), progress), fence);
  }

  // settings

  @Test
  void isFoundByItsName() {
    assertThat(ServiceLoader.load(StorageProvider.class))
        .extracting(StorageProvider::name)
        .contains("postgres");
  }

  @Test
  void wrongSettingsAreRefused() {
    assertRefused(new JsonObject(), "uri", "postgresql://");
    assertRefused(section().put("uri", 7), "uri", "postgresql://");
    assertRefused(section().put("uri", "mysql://u:secret@h/d"), "uri", "postgresql://");
    assertRefused(section().put("uri", "postgresql://u:se cret@h:port/d"), "uri", "postgresql://");
    assertRefused(section().put("poolsize", 3), "poolsize", "the nearest is poolSize");
    assertRefused(section().put("zzz", 3), "zzz", "connectWait");
    assertRefused(section().put("poolSize", 2), "poolSize", "3 to 1000");
    assertRefused(section().put("poolSize", "many"), "poolSize", "3 to 1000");
    for (String name : List.of("", "1a", "a\"b", "a b", "a.b", "\u00e4", "a\0", "a;b")) {
      assertRefused(section().put("schema", name), "schema", "letters");
      assertRefused(section().put("tablePrefix", name), "tablePrefix", "letters");
    }
    assertRefused(section().put("tablePrefix", "x".repeat(41)), "tablePrefix", "40");
    assertRefused(section().put("tls", "yes"), "tls", "verify-full");
    assertRefused(
        section().put("tls", new JsonObject().put("mode", "on")), "tls.mode", "verify-full");
    assertRefused(
        section().put("tls", new JsonObject().put("mode", "require").put("ca", "/no/such")),
        "tls.ca",
        "PEM");
    assertRefused(section().put("connectWait", "soon"), "connectWait", "60 s");
    assertRefused(section().put("connectWait", "-1 s"), "connectWait", "60 s");
  }

  private void assertRefused(JsonObject section, String key, String allowed) {
    assertThat(failure(tryToOpen(section)))
        .as("%s", key)
        .isInstanceOfSatisfying(
            StorageConfigException.class, e -> assertThat(e.key()).isEqualTo(key))
        .hasMessageContaining(allowed)
        .message()
        .doesNotContain("cret");
  }

  @Test
  void settingsMayBeText() {
    Storage storage = open(section()
        .put("poolSize", "3")
        .put("connectWait", "PT5S")
        .put("tablePrefix", "My_Tables_")
        .put("tls", "disable"));
    assertThat(await(append(storage, record())).get(0).head()).isEqualTo(1);
    assertThat(Sql.query(uri, "SELECT count(*) FROM \"" + schema + "\".\"My_Tables_record\""))
        .containsExactly("1");
  }

  @Test
  void aServerThatIsNotThereIsWaitedForAsLongAsConfigured() {
    JsonObject section =
        section().put("uri", "postgresql://u:secret@127.0.0.1:1/d").put("connectWait", "1200 ms");
    assertThat(failure(tryToOpen(section)))
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.NOT_COMMITTED))
        .hasMessageContaining("storage.postgres.uri")
        .hasMessageContaining("127.0.0.1:1")
        .hasMessageContaining("1200 ms")
        .hasMessageContaining("start it")
        .message()
        .doesNotContain("secret");
  }

  @Test
  void aWrongDatabaseIsToldAtOnce() {
    assertThat(failure(tryToOpen(section()
            .put("uri", uri.replaceFirst("/[^/]*$", "/nowhere"))
            .put("connectWait", "1 h"))))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("nowhere")
        .hasMessageContaining("storage.postgres.uri");
  }

  @Test
  void aMissingPermissionIsToldAtOnce() {
    String role = "r_" + schema.toLowerCase(java.util.Locale.ROOT);
    Sql.run(uri, "CREATE ROLE " + role + " LOGIN PASSWORD 'secret'");
    try {
      assertThat(failure(tryToOpen(section()
              .put("uri", uri.replace("//postgres@", "//" + role + ":secret@"))
              .put("connectWait", "1 h"))))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("permission")
          .hasMessageContaining(role)
          .message()
          .doesNotContain("secret");
    } finally {
      Sql.run(uri, "DROP ROLE " + role);
    }
  }

  @Test
  void aServerThatDoesNotSyncIsRefused() throws Exception {
    try (PostgresServer server = PostgresServer.start(Version.NEWEST, "fsync=off")) {
      assertThat(failure(tryToOpen(section().put("uri", server.uri()))))
          .isInstanceOfSatisfying(
              StorageException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.REJECTED))
          .hasMessageContaining("fsync");
    }
  }

  @Test
  void commitsAreDurableWhateverTheDefaultIs() throws Exception {
    try (PostgresServer server = PostgresServer.start(
        Version.NEWEST, "synchronous_commit=off", "default_transaction_isolation=serializable")) {
      Storage storage = await(tryToOpen(section().put("uri", server.uri())));
      await(append(storage, record()));
      // In pg_stat_activity there are no settings: the function itself tells them.
      Sql.run(
          server.uri(),
          "CREATE TABLE seen (setting text); CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql"
              + " AS $$ BEGIN INSERT INTO public.seen VALUES (current_setting('synchronous_commit')"
              + " || ', ' || current_setting('transaction_isolation')); RETURN new; END $$;"
              + " CREATE TRIGGER see BEFORE INSERT ON \"" + schema + "\".tributary_record"
              + " FOR EACH ROW EXECUTE FUNCTION see()");
      await(append(storage, record()));
      assertThat(Sql.query(server.uri(), "SELECT setting FROM seen"))
          .containsExactly("on, read committed");
      await(storage.close());
    }
  }

  // the schema

  @Test
  void olderTablesAreBroughtUpToDateOnce() throws Exception {
    Names names = new Names(schema, "tributary_");
    Storage before = open(section());
    await(append(before, record()));
    Migration newer = new Migration(
        names,
        List.of(
            names.script(1),
            names.script(2),
            names.script(3),
            names.in("ALTER TABLE @store ADD COLUMN new integer DEFAULT 7")));
    List<Future<DataSetId>> both = List.of(open(newer), open(newer));
    both.forEach(each -> assertThat(await(each)).isEqualTo(before.dataSetId()));
    assertThat(Sql.query(uri, names.in("SELECT new FROM @store"))).containsExactly("7");
    assertThat(Sql.query(uri, names.in("SELECT schema FROM @data_set"))).containsExactly("4");
    assertThat(failure(tryToOpen(section())))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("schema version 4")
        .hasMessageContaining("newer version");
  }

  @Test
  void tablesWithoutJournalsAndSpacesGetThem() throws Exception {
    Names names = new Names(schema, "tributary_");
    Database older =
        new Database(PostgresConfig.of(section()), new Migration(names, List.of(names.script(1))));
    await(vertx.deployVerticle(older));
    NewRecord record = record();
    await(new PostgresLog(older).append(List.of(new Append(STORE, 1, List.of(record)))));
    await(older.close());
    assertThat(Sql.query(uri, names.in("SELECT schema FROM @data_set"))).containsExactly("1");
    Storage storage = open(section());
    assertThat(storage.dataSetId()).isEqualTo(older.dataSetId());
    assertThat(Sql.query(uri, names.in("SELECT schema FROM @data_set"))).containsExactly("3");
    assertThat(all(storage, STORE).get(0).record().ids()).isEqualTo(record.ids());
    EntryId id = ids.next();
    assertThat(await(commit(storage, id, Optional.empty()))).containsExactly(1L);
    assertThat(await(open(section()).journals().known(JOURNAL, List.of(id))))
        .isEqualTo(Map.of(id, new KnownEntry(id, 1, false, null)));
    byte[] key = {1};
    await(storage.keyValues().commit("space", List.of(new KeyValueStore.Change(key, key))));
    assertThat(await(storage.keyValues().get("space", key))).contains(key);
  }

  @Test
  void aMigrationThatFailsChangesNothing() throws Exception {
    Names names = new Names(schema, "tributary_");
    Storage unused = open(section());
    Migration broken = new Migration(
        names,
        List.of(
            names.script(1),
            names.script(2),
            names.script(3),
            names.in("ALTER TABLE @store ADD COLUMN new integer; nonsense")));
    assertThat(failure(open(broken))).hasMessageContaining("syntax");
    assertThat(Sql.query(uri, names.in("SELECT schema FROM @data_set"))).containsExactly("3");
    assertThat(await(open(section()).check())).isEqualTo(Health.UP);
  }

  private Future<DataSetId> open(Migration migration) {
    Database database = new Database(PostgresConfig.of(section()), migration);
    return vertx
        .deployVerticle(database)
        .compose(deployed -> database.close().map(closed -> database.dataSetId()));
  }

  @Test
  void nodesThatOpenAnEmptyDatabaseAtOnceShareOneDataSet() {
    List<Future<Storage>> nodes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      nodes.add(tryToOpen(section()));
    }
    Set<DataSetId> dataSets = new HashSet<>();
    for (Future<Storage> node : nodes) {
      opened.add(await(node));
      dataSets.add(await(node).dataSetId());
    }
    assertThat(dataSets).hasSize(1);
  }

  // several nodes

  @Test
  void nodesThatAppendTheSameIdsAtOnceAgree() {
    List<Storage> nodes = List.of(open(section()), open(section()), open(section()));
    List<NewRecord> records = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      records.add(record());
    }
    List<StoreKey> stores = List.of(
        STORE,
        new StoreKey.Plain("a", "x"),
        new StoreKey.Plain("b", "x"),
        new StoreKey.Plain("c", "x"));
    Random random = new Random(1);
    List<Future<List<AppendResult>>> calls = new ArrayList<>();
    for (Storage node : nodes) {
      List<NewRecord> order = new ArrayList<>(records);
      Collections.shuffle(order, random);
      for (int i = 0; i < order.size(); i += 10) {
        // In any order of stores: what a call locks is in one.
        List<StoreKey> some = new ArrayList<>(stores);
        Collections.shuffle(some, random);
        List<Append> appends = new ArrayList<>();
        for (StoreKey store : some) {
          appends.add(new Append(store, 1, order.subList(i, i + 10)));
        }
        calls.add(node.log().append(appends));
      }
    }
    calls.forEach(Sql::await);
    for (StoreKey store : stores) {
      assertContiguous(all(nodes.get(0), store), 600);
    }
  }

  @Test
  void manyHintsAndLongKeysAreTold() {
    Storage one = open(section());
    Storage two = open(section());
    HeardHints heard = new HeardHints();
    await(one.hints().subscribe(heard));
    // One that is too long for a notification gets lost alone, and is found by asking for heads.
    two.hints().publish(new Committed(new StoreKey.Plain("tenant", "x".repeat(9000)), 1));
    Set<Hint> hints = new HashSet<>();
    for (int i = 1; i <= 300; i++) {
      hints.add(new Committed(new StoreKey.Plain("tenant", "y".repeat(100) + i), i));
    }
    hints.forEach(two.hints()::publish);
    heard.await(hints);
    assertThat(heard.all()).containsExactlyInAnyOrderElementsOf(hints);
    assertThat(heard.timesMissed()).isZero();
    // Nobody asks for removals.
    two.hints().publish(new Removed(new StoreKey.Plain("tenant", "x".repeat(9000)), 1));
    heard.awaitMissed();
  }

  @Test
  void whoseConnectionWasLostHearsThatHintsMayBe() {
    Storage one = open(section());
    Storage two = open(section());
    HeardHints heard = new HeardHints();
    await(two.hints().subscribe(heard));
    endConnectionsThatListen();
    // Kept until there is a connection again.
    Hint early = new Removed(STORE, 7);
    one.hints().publish(early);
    heard.awaitMissed();
    Hint late = new Committed(STORE, 9);
    one.hints().publish(late);
    heard.await(Set.of(late));
  }

  @Test
  void whatANodeCouldNotSendTheOthersMiss() {
    Storage one = open(section());
    Storage two = open(section());
    HeardHints heard = new HeardHints();
    await(two.hints().subscribe(heard));
    // The server's end of the first node's connection goes while the hint is on its way there.
    Sql.run(
        uri,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tributary'"
            + " AND query LIKE '%LISTEN%' ORDER BY backend_start LIMIT 1");
    Hint hint = new Removed(STORE, 7);
    one.hints().publish(hint);
    heard.awaitUnlessMissed(hint);
  }

  /** Ends the connections that hints come by. */
  private void endConnectionsThatListen() {
    Sql.run(
        uri,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE application_name = 'tributary' AND query LIKE '%LISTEN%'");
  }

  /** Ends every connection of every node. */
  private void endConnections() {
    Sql.run(
        uri,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE application_name = 'tributary'");
  }

  @Test
  void aLeaseHasOneHolderAmongNodesAndFencesTheOthers() {
    Storage one = open(section());
    Storage two = open(section());
    Lease first =
        await(one.leases().acquire("retention", Duration.ofSeconds(60))).orElseThrow();
    assertThat(await(two.leases().acquire("retention", Duration.ofSeconds(60)))).isEmpty();
    await(append(one, record(), record()));
    assertThat(
            await(one.log().remove(new Removal(STORE, List.of(1L), 5, first))).records())
        .isEqualTo(1);
    Sql.run(uri, "UPDATE \"" + schema + "\".tributary_lease SET ends_at = now()");
    Lease second =
        await(two.leases().acquire("retention", Duration.ofSeconds(60))).orElseThrow();
    assertThat(second.epoch()).isGreaterThan(first.epoch());
    assertThat(failure(one.log().remove(new Removal(STORE, List.of(2L), 5, first))))
        .isInstanceOf(FencedException.class);
    assertThat(all(one, STORE)).hasSize(1);
    assertThat(
            await(two.log().remove(new Removal(STORE, List.of(2L), 5, second))).records())
        .isEqualTo(1);
  }

  @Test
  void aJournalIsCommittedToByTheHolderOfTheLeaseOnly() {
    Storage one = open(section());
    Storage two = open(section());
    Lease first =
        await(one.leases().acquire("processing", Duration.ofSeconds(60))).orElseThrow();
    EntryId id = ids.next();
    assertThat(await(commit(one, id, Optional.of(first)))).containsExactly(1L);
    Sql.run(uri, "UPDATE \"" + schema + "\".tributary_lease SET ends_at = now()");
    Lease second =
        await(two.leases().acquire("processing", Duration.ofSeconds(60))).orElseThrow();
    assertThat(failure(commit(one, ids.next(), Optional.of(first))))
        .isInstanceOf(FencedException.class);
    assertThat(await(commit(two, id, Optional.of(second)))).containsExactly(1L);
    assertThat(await(commit(two, ids.next(), Optional.of(second)))).containsExactly(2L);
    assertThat(await(one.journals().entries(JOURNAL, 0, 10, 1000))).hasSize(2);
  }

  @Test
  void aCommitWhoseConnectionEndsBeforeTheAnswerIsUnknownAndMayBeRepeated() {
    Storage storage = open(section());
    await(commit(storage, ids.next(), Optional.empty()));
    PgConnection other = await(PgConnection.connect(vertx, uri));
    await(other.query("BEGIN").execute());
    await(other
        .query("SELECT 1 FROM \"" + schema + "\".tributary_journal FOR UPDATE")
        .execute());
    EntryId id = ids.next();
    Future<List<Long>> waiting = commit(storage, id, Optional.empty());
    awaitLock();
    endConnections();
    assertThat(failure(waiting))
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN));
    await(other.close());
    for (int i = 0; i < 2; i++) {
      assertThat(await(commit(storage, id, Optional.empty()))).containsExactly(2L);
    }
  }

  /** Until somebody waits for another's lock. */
  private void awaitLock() {
    while (Sql.query(
            uri,
            "SELECT pid FROM pg_stat_activity"
                + " WHERE application_name = 'tributary' AND wait_event_type = 'Lock'")
        .isEmpty()) {}
  }

  /** Whoever is granted the lease next begins after all that was committed under the last one. */
  @Test
  void aLeaseIsNotGrantedWhileACommitUnderItIsUnderWay() {
    Storage one = open(section());
    Storage two = open(section());
    Lease lease =
        await(one.leases().acquire("processing", Duration.ofSeconds(60))).orElseThrow();
    await(commit(one, ids.next(), Optional.of(lease)));
    PgConnection other = await(PgConnection.connect(vertx, uri));
    await(other.query("BEGIN").execute());
    await(other
        .query("SELECT 1 FROM \"" + schema + "\".tributary_journal FOR UPDATE")
        .execute());
    EntryId id = ids.next();
    Future<List<Long>> under = commit(one, id, Optional.of(lease));
    awaitLock();
    Future<Boolean> seen = two.leases()
        .release(lease)
        .compose(released -> two.journals().known(JOURNAL, List.of(id)))
        .map(known -> known.containsKey(id));
    await(other.query("COMMIT").execute());
    assertThat(await(seen)).isTrue();
    assertThat(await(under)).containsExactly(2L);
    await(other.close());
  }

  @Test
  void aNodeNoticesThatAnotherReseeded() {
    Storage one = open(section());
    Storage two = open(section());
    DataSetId id = DataSetId.random();
    await(one.reseed(id));
    assertThat(one.dataSetId()).isEqualTo(id);
    assertThat(await(one.check())).isEqualTo(Health.UP);
    Health health = await(two.check());
    assertThat(health.status()).isEqualTo(Health.Status.DOWN);
    assertThat(health.message()).contains(id.toString()).contains("restart");
  }

  // trouble

  @Test
  void anAppendWhoseConnectionEndsBeforeTheAnswerIsUnknown() {
    Storage storage = open(section());
    await(append(storage, record()));
    PgConnection other = await(PgConnection.connect(vertx, uri));
    await(other.query("BEGIN").execute());
    await(other
        .query("SELECT 1 FROM \"" + schema + "\".tributary_store FOR UPDATE")
        .execute());
    NewRecord record = record();
    Future<List<AppendResult>> waiting = append(storage, record);
    awaitLock();
    endConnections();
    assertThat(failure(waiting))
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN));
    await(other.close());
    assertThat(await(append(storage, record)).get(0).head()).isEqualTo(2);
  }

  @Test
  void endedConnectionsAreMadeAnew() {
    Storage storage = open(section());
    Set<EntryId> acked = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      List<NewRecord> records = List.of(record(), record());
      List<Future<List<AppendResult>>> calls = new ArrayList<>();
      records.forEach(each -> calls.add(append(storage, each)));
      endConnections();
      for (int j = 0; j < calls.size(); j++) {
        NewRecord record = records.get(j);
        // Unknown ones are appended again, as the hub does.
        await(again(calls.get(j), storage, record));
        acked.addAll(record.ids());
      }
    }
    assertContiguous(all(storage, STORE), acked.size());
    assertThat(await(storage.check())).isEqualTo(Health.UP);
  }

  private static Future<List<AppendResult>> again(
      Future<List<AppendResult>> call, Storage storage, NewRecord record) {
    return call.recover(e -> {
      if (e instanceof StorageException told && told.outcome() == Outcome.REJECTED) {
        return Future.failedFuture(e);
      }
      return again(append(storage, record), storage, record);
    });
  }

  @Test
  void aReadOnlyDatabaseIsReadAndSaysSo() throws Exception {
    try (PostgresServer server = PostgresServer.start(Version.NEWEST)) {
      Storage storage = await(tryToOpen(section().put("uri", server.uri())));
      await(append(storage, record()));
      Sql.run(server.uri(), "ALTER SYSTEM SET default_transaction_read_only = on");
      Sql.run(server.uri(), "SELECT pg_reload_conf()");
      // Until the sessions have seen it.
      while (append(storage, record())
          .transform(Future::succeededFuture)
          .map(result -> {
            return result.succeeded();
          })
          .toCompletionStage()
          .toCompletableFuture()
          .join()) {}
      Health health = await(storage.check());
      assertThat(health.status()).isEqualTo(Health.Status.READ_ONLY);
      assertThat(health.message()).contains("writable");
      assertThat(await(storage.log().read(STORE, 1, 1, 1)).records()).hasSize(1);
      Sql.run(server.uri(), "ALTER SYSTEM RESET default_transaction_read_only");
      Sql.run(server.uri(), "SELECT pg_reload_conf()");
      while (await(storage.check()).status() != Health.Status.UP) {}
      await(append(storage, record()));
      await(storage.close());
    }
  }

  @Test
  void whatTheServerCantTakeIsRejectedAloneAndTheRestStored() {
    Storage storage = open(section());
    StoreKey other = new StoreKey.Plain("tenant", "other");
    Sql.run(
        uri,
        "ALTER TABLE \"" + schema + "\".tributary_record ADD CHECK (octet_length(header) < 100)");
    // A check is not a matter of data for us; a number out of range is.
    Sql.run(
        uri,
        "CREATE FUNCTION \"" + schema + "\".refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            + " IF octet_length(new.header) = 50 THEN PERFORM 1 / 0; END IF; RETURN new; END $$;"
            + " CREATE TRIGGER refuse BEFORE INSERT ON \"" + schema + "\".tributary_record"
            + " FOR EACH ROW EXECUTE FUNCTION \"" + schema + "\".refuse()");
    Future<List<AppendResult>> good = append(storage, record());
    Future<List<AppendResult>> bad = storage
        .log()
        .append(List.of(new Append(
            other, 1, List.of(NewRecord.sealed(ids.next(), new byte[50], new byte[1])))));
    Future<List<AppendResult>> alsoGood = append(storage, record());
    assertThat(failure(bad))
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.REJECTED));
    assertThat(await(good).get(0).head()).isPositive();
    assertThat(await(alsoGood).get(0).head()).isEqualTo(2);
    assertThat(await(storage.log().heads(List.of(other)))).isEqualTo(Map.of(other, 0L));
  }

  @Test
  void tablesThatAreGoneAreNoReasonToGiveUpWrites() {
    Storage storage = open(section());
    Sql.run(uri, "ALTER TABLE \"" + schema + "\".tributary_record RENAME TO away");
    assertThat(failure(append(storage, record())))
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.NOT_COMMITTED));
    Sql.run(uri, "ALTER TABLE \"" + schema + "\".away RENAME TO tributary_record");
    assertThat(await(append(storage, record())).get(0).head()).isEqualTo(1);
  }

  @Test
  void aBodyOfSixtyFourMebibytesIsKept() {
    Storage storage = open(section());
    byte[] body = new byte[64 << 20];
    new Random(64).nextBytes(body);
    await(append(storage, NewRecord.sealed(ids.next(), new byte[12], body)));
    Page page = await(storage.log().read(STORE, 1, 10, 1));
    assertThat(java.util.Arrays.equals(page.records().get(0).record().body(), body))
        .isTrue();
  }

  @Test
  void givingBackRoomAndCopying() {
    Storage storage = open(section());
    await(append(storage, record(), record()));
    await(storage.log().remove(new Removal(STORE, List.of(1L), 5, null)));
    await(storage.reclaim());
    assertThat(all(storage, STORE)).hasSize(1);
    assertThatThrownBy(() -> await(storage.backup(java.nio.file.Path.of("nowhere"))))
        .hasCauseInstanceOf(StorageException.class)
        .hasMessageContaining("pg_dump");
  }

  static List<StoredRecord> all(Storage storage, StoreKey store) {
    return await(storage.log().read(store, 1, Integer.MAX_VALUE, Long.MAX_VALUE))
        .records();
  }

  static void assertContiguous(List<StoredRecord> records, int count) {
    assertThat(records).hasSize(count);
    Set<EntryId> ids = new HashSet<>();
    for (int i = 0; i < count; i++) {
      assertThat(records.get(i).firstSequence()).isEqualTo(i + 1L);
      assertThat(ids.addAll(records.get(i).record().ids())).isTrue();
    }
  }
}
