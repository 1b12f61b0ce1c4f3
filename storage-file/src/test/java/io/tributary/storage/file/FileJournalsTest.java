package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.journal.JournalEntry;
import io.tributary.core.journal.PlacedEntry;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FileJournalsTest {
  private static final int MANY = 50_000;

  private final Path root = Dirs.make();
  private final Path dir = root.resolve("data");

  @AfterEach
  void delete() throws Exception {
    Dirs.delete(root);
  }

  private static List<JournalEntry> entries(int from, int count) {
    List<JournalEntry> entries = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      // 10 bytes of event, and 12 of key.
      entries.add(new JournalEntry(
          Opened.newId(),
          "orderTaken".getBytes(StandardCharsets.UTF_8),
          String.format("order-%06d", i * 7919 % 1_000_000).getBytes(StandardCharsets.UTF_8),
          new byte[0],
          i));
    }
    return entries;
  }

  /** What the page about this storage says. */
  @Test
  void aHandledEntryWithoutPayloadTakesAtMost200Bytes() throws Exception {
    try (Opened opened = new Opened(dir)) {
      for (int i = 0; i < MANY; i += 100) {
        opened.commit("journal", Opened.handled(entries(i, 100)));
      }
    }
    double each = (double) Files.size(dir.resolve("tributary.db")) / MANY;
    System.out.printf("a handled entry without payload takes %.1f bytes%n", each);
    assertThat(each).isLessThanOrEqualTo(200);
  }

  @Test
  void readsGoByAnIndex() throws Exception {
    assertGoesByAnIndex(JournalReads.READ_ENTRIES);
    assertGoesByAnIndex(JournalReads.FIND_SAME_KEY);
    assertGoesByAnIndex(JournalReads.READ_MARKS);
    assertGoesByAnIndex(JournalReads.READ_PENDING);
    assertGoesByAnIndex(JournalReads.ALL_OUTCOMES);
  }

  private void assertGoesByAnIndex(String sql) throws Exception {
    new Opened(dir).close();
    try (Connection connection =
        DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("tributary.db"))) {
      List<String> plan =
          Sql.query(connection, row -> row.getString("detail"), "EXPLAIN QUERY PLAN " + sql);
      assertThat(plan).isNotEmpty();
      assertThat(plan).noneMatch(step -> step.startsWith("SCAN") || step.contains("TEMP B-TREE"));
    }
  }

  /** As a sudden end leaves it: without a name, with its rows. */
  @Test
  void aJournalThatWasBeingDestroyedIsGone() throws Exception {
    EntryId id;
    try (Opened opened = new Opened(dir)) {
      opened.commit("doomed", Opened.handled(entries(0, 2_500)));
      List<JournalEntry> kept = entries(1, 1);
      id = kept.get(0).id();
      opened.commit("kept", Opened.handled(kept));
    }
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("tributary.db"));
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("UPDATE journal SET name = NULL WHERE CAST(name AS TEXT) = 'doomed'");
      statement.executeUpdate(
          "DELETE FROM journal_entry WHERE key & 1048575 < 1000 AND key >> 40 = 1");
    }
    assertThat(FileStorageProvider.check(dir)).isEmpty();
    try (Opened opened = new Opened(dir)) {
      assertThat(Opened.await(opened.storage.journals().journals(Optional.empty(), 9)))
          .containsExactly("kept");
      assertThat(opened.commit("doomed", Opened.handled(entries(0, 1)))).containsExactly(1L);
      Opened.await(opened.storage.reclaim());
      assertThat(Opened.await(opened.storage.journals().entry("kept", id))).isPresent();
    }
    try (Connection connection =
        DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("tributary.db"))) {
      assertThat(Sql.number(connection, "SELECT count(*) FROM journal_id")).isEqualTo(2);
      assertThat(Sql.number(connection, "SELECT count(*) FROM journal_entry")).isEqualTo(2);
      assertThat(Sql.number(connection, "SELECT count(*) FROM journal_progress"))
          .isEqualTo(2);
      assertThat(Sql.number(connection, "SELECT count(*) FROM journal")).isEqualTo(2);
    }
    assertThat(FileStorageProvider.check(dir)).isEmpty();
  }

  @Test
  void aBackupHoldsTheJournals() throws Exception {
    List<JournalEntry> some = entries(0, 100);
    Path restored = root.resolve("restored");
    try (Opened opened = new Opened(dir)) {
      opened.commit("journal", Opened.handled(some));
      Opened.await(opened.storage.backup(root.resolve("backup")));
      opened.commit("journal", Opened.handled(entries(100, 1)));
    }
    var unused = FileStorageProvider.restore(root.resolve("backup"), restored);
    try (Opened opened = new Opened(restored)) {
      List<PlacedEntry> entries = Opened.await(
          opened.storage.journals().entries("journal", 0, Integer.MAX_VALUE, Long.MAX_VALUE));
      assertThat(entries)
          .extracting(placed -> placed.entry().id())
          .containsExactlyElementsOf(some.stream().map(JournalEntry::id).toList());
      assertThat(opened.append(new StoreKey.Plain("t", "s"), Opened.record(1)).head())
          .isEqualTo(1);
    }
  }
}
