package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.StorageException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckTest {
  private static final StoreKey STORE = new StoreKey.Plain("tenant", "store");

  private final Path dir = Dirs.make();

  @BeforeEach
  void fill() {
    try (Opened opened = new Opened(dir)) {
      for (int i = 0; i < 20; i++) {
        opened.append(STORE, Opened.record(2_000));
      }
      opened.remove(STORE, 5, 6, 7, 20);
      List<JournalEntry> entries = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        entries.add(new JournalEntry(Opened.newId(), new byte[2], new byte[3], new byte[4], 0));
      }
      opened.commit("journal", Opened.handled(entries));
      opened.commit(
          "journal",
          JournalCommit.removed(List.of(entries.get(1).id(), Opened.newId()), List.of()));
    }
  }

  @AfterEach
  void delete() throws Exception {
    Dirs.delete(dir);
  }

  @Test
  void nothingIsFoundWhereNothingIsWrong() throws Exception {
    assertThat(FileStorageProvider.check(dir)).isEmpty();
    try (Opened opened = new Opened(dir)) {
      // Sequences without anything are no finding.
      int dropped = Opened.await(opened.storage.log().forget(STORE, Long.MAX_VALUE, 2));
      assertThat(dropped).isEqualTo(2);
      assertThatThrownBy(() -> FileStorageProvider.check(dir))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("in use");
    }
    assertThat(FileStorageProvider.check(dir)).isEmpty();
    assertThatThrownBy(() -> FileStorageProvider.check(dir.resolve("nothing")))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("no data set");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "DELETE FROM record WHERE key & 1023 = 9 | head or counters",
        "DELETE FROM record WHERE key & 1023 = 9 | count of tombstones",
        "DELETE FROM record WHERE key & 1023 = 1 | not known when it was removed",
        "DELETE FROM entry_id WHERE sequence = 9 | none of whose ids is known",
        "DELETE FROM entry_id WHERE sequence = 5 | count of tombstones",
        "UPDATE entry_id SET sequence = 10 WHERE sequence = 9 | doesn't hold it there",
        "UPDATE entry_id SET sequence = 99 WHERE sequence = 5 | above the head",
        "UPDATE entry_id SET store = 9 WHERE sequence = 9 | no store 9, sequence 9",
        "UPDATE record SET ids = zeroblob(48) WHERE key & 1023 = 9 | overlaps",
        "UPDATE record SET kind = 77 WHERE key & 1023 = 9 | sequence 9: a record of no",
        "UPDATE store SET head = 18 | head or counters",
        "UPDATE store SET bytes = bytes + 1 | head or counters",
        "DELETE FROM removal | not known when it was removed",
        "UPDATE removal SET days = x'00' | days of removal",
        "DELETE FROM store | no store 1",
        "DELETE FROM journal_entry WHERE key & 7 = 3 | position 3: an id in a journal whose entry",
        "UPDATE journal_id SET removed = 1 WHERE position = 3 | position 3: an id in a journal",
        "DELETE FROM journal_id WHERE position = 4 | position 4: an entry of a journal that is not",
        "UPDATE journal SET last = 4 | position 5: a position above",
        "UPDATE journal_id SET state = 8 WHERE position = 5 | position 5: an outcome of no",
        "DELETE FROM journal | no journal 1: rows of no journal in journal_entry",
        "DELETE FROM journal | no journal 1: rows of no journal in journal_progress",
      })
  void whatIsWrongIsSaid(String change, String finding) throws Exception {
    execute(change);
    assertThat(FileStorageProvider.check(dir)).anyMatch(found -> found.contains(finding));
  }

  @Test
  void aDamagedFileIsAFinding() throws Exception {
    Path file = dir.resolve("tributary.db");
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[1000]), 4096 * 8);
    }
    assertThat(FileStorageProvider.check(dir))
        .isNotEmpty()
        .allMatch(found -> found.startsWith("SQLite: "));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(4096 * 5);
    }
    assertThat(FileStorageProvider.check(dir))
        .isNotEmpty()
        .allMatch(found -> found.startsWith("SQLite: "));
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("tributary.db"));
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }
}
