package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.journal.JournalEntry;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.KeyValueStore.Change;
import io.tributary.storage.Lease;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A database as the first schema had it, made by that schema's script. */
class SchemaTest {
  private static final StoreKey SOME = new StoreKey.Plain("tenant", "some");
  private static final StoreKey MANY = new StoreKey.Sealed("tenant", "many");
  private static final StoreKey NOBODY = new StoreKey.Sealed("tenant", "nobody");

  private final Path dir = Dirs.make();
  private final DataSetId id = DataSetId.random();
  private final NewRecord batch = new NewRecord(
      List.of(Opened.newId(), Opened.newId(), Opened.newId()),
      RecordKind.SEALED_BATCH,
      null,
      null,
      new byte[7],
      Opened.bytes(100_000),
      false,
      null);
  private final NewRecord plain = new NewRecord(
      List.of(Opened.newId()),
      RecordKind.PLAIN,
      "event".getBytes(StandardCharsets.UTF_8),
      new byte[0],
      new byte[0],
      new byte[0],
      true,
      "author".getBytes(StandardCharsets.UTF_8));
  private final List<NewRecord> many = new ArrayList<>();

  @BeforeEach
  void make() throws Exception {
    String script;
    try (var in = FileStorageProvider.class.getResourceAsStream("schema-1.sql")) {
      script = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("tributary.db"));
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("PRAGMA synchronous = OFF");
      statement.executeUpdate("PRAGMA auto_vacuum = INCREMENTAL");
      statement.executeUpdate("PRAGMA application_id = " + 0x54524942);
      statement.executeUpdate("PRAGMA user_version = 1");
      connection.setAutoCommit(false);
      statement.executeUpdate(script);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO data_set VALUES (1, ?, 41, 0)")) {
        insert.setBytes(1, id.toBytes());
        insert.executeUpdate();
      }
      statement.executeUpdate("INSERT INTO store VALUES (1, '" + SOME + "'), (2, '" + NOBODY
          + "'), (8388607, '" + MANY + "')");
      insert(connection, 1, 1, batch);
      insert(connection, 1, 4, plain);
      for (int i = 1; i <= 50; i++) {
        NewRecord record = Opened.record(i);
        many.add(record);
        insert(connection, 8388607, i, record);
      }
      connection.commit();
    }
  }

  private static void insert(Connection connection, long store, long first, NewRecord record)
      throws SQLException {
    byte[] ids = new byte[record.ids().size() * 16];
    for (int i = 0; i < record.ids().size(); i++) {
      byte[] entry = record.ids().get(i).toBytes();
      System.arraycopy(entry, 0, ids, i * 16, 16);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO entry_id VALUES (?, ?, ?)")) {
        insert.setBytes(1, entry);
        insert.setLong(2, store);
        insert.setLong(3, first + i);
        insert.executeUpdate();
      }
    }
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO record VALUES (?, 99, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      insert.setLong(1, store << 40 | first);
      insert.setInt(2, record.kind().code());
      insert.setInt(3, record.process() ? 1 : 0);
      insert.setBytes(4, ids);
      insert.setBytes(5, record.event());
      insert.setBytes(6, record.primaryKey());
      insert.setBytes(7, record.author());
      insert.setBytes(8, record.header());
      insert.setBytes(9, record.body());
      insert.executeUpdate();
    }
  }

  @AfterEach
  void delete() throws Exception {
    Dirs.delete(dir);
  }

  @Test
  void theFirstSchemaKeepsEverything() throws Exception {
    assertThat(FileStorageProvider.check(dir)).as("looking changes nothing").isEmpty();
    for (int i = 0; i < 2; i++) {
      try (Opened opened = new Opened(dir)) {
        assertThat(opened.storage.dataSetId()).isEqualTo(id);
        List<StoredRecord> some = opened.all(SOME);
        assertThat(some).extracting(StoredRecord::committedAt).containsExactly(99L, 99L);
        assertSame(some.get(0), 1, batch);
        assertSame(some.get(1), 4, plain);
        assertThat(opened.all(MANY))
            .extracting(stored -> stored.record().ids().get(0))
            .containsExactlyElementsOf(
                many.stream().map(record -> record.ids().get(0)).toList());
        assertThat(opened.stats(SOME))
            .isEqualTo(new StoreStats(SOME, 4, 2, 4, batch.bytes() + plain.bytes(), 0));
        assertThat(opened.stats(MANY))
            .isEqualTo(new StoreStats(
                MANY, 50, 50, 50, many.stream().mapToLong(NewRecord::bytes).sum(), 0));
        assertThat(opened.stats(NOBODY)).isEqualTo(StoreStats.empty(NOBODY));
        EntryId known = batch.ids().get(1);
        AppendResult again =
            opened.append(SOME, NewRecord.sealed(known, new byte[12], new byte[0]));
        assertThat(again.slots().get(0).sequences()).containsExactly(2);
        Lease lease = Opened.await(opened.storage.leases().acquire("x", Duration.ofDays(1)))
            .orElseThrow();
        assertThat(lease.epoch()).isEqualTo(42 + i);
        JournalEntry entry =
            new JournalEntry(Opened.newId(), new byte[1], new byte[1], new byte[1], 0);
        assertThat(opened.commit("journal", Opened.handled(List.of(entry))))
            .containsExactly(1L + i);
        byte[] key = {(byte) (1 + i)};
        Opened.await(opened.storage.keyValues().commit("space", List.of(new Change(key, key))));
        assertThat(Opened.await(opened.storage.keyValues().get("space", new byte[] {1})))
            .contains(new byte[] {1});
      }
      assertThat(FileStorageProvider.check(dir)).isEmpty();
    }
    try (Opened opened = new Opened(dir)) {
      opened.remove(MANY, 50);
      assertThat(opened.append(MANY, Opened.record(1)).previousHead()).isEqualTo(50);
    }
  }

  @ParameterizedTest
  @CsvSource({"compaction, 1", "journal_mark, 2", "space_item, 3"})
  void aMigrationThatFailsLeavesTheOldSchema(String table, int version) throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("tributary.db"));
        Statement statement = connection.createStatement()) {
      // What the script makes last is there.
      statement.executeUpdate("CREATE TABLE " + table + " (x)");
    }
    assertThatThrownBy(() -> new Opened(dir).close()).hasMessageContaining(table);
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("tributary.db"));
        Statement statement = connection.createStatement()) {
      assertThat(Database.version(connection)).isEqualTo(version);
      statement.executeUpdate("DROP TABLE " + table);
    }
    assertThat(Files.exists(dir.resolve("tributary.db"))).isTrue();
    theFirstSchemaKeepsEverything();
  }

  private static void assertSame(StoredRecord stored, long first, NewRecord record) {
    NewRecord is = stored.record();
    assertThat(stored.firstSequence()).isEqualTo(first);
    assertThat(is.ids()).isEqualTo(record.ids());
    assertThat(is.kind()).isEqualTo(record.kind());
    assertThat(is.process()).isEqualTo(record.process());
    assertThat(is.event()).isEqualTo(record.event());
    assertThat(is.primaryKey()).isEqualTo(record.primaryKey());
    assertThat(is.header()).isEqualTo(record.header());
    assertThat(is.body()).isEqualTo(record.body());
    assertThat(is.author()).isEqualTo(record.author());
  }
}
