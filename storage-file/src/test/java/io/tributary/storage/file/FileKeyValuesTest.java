package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.storage.KeyValueStore.Change;
import io.tributary.storage.KeyValueStore.Item;
import io.tributary.storage.KeyValueStore.Range;
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

class FileKeyValuesTest {
  private static final int MANY = 50_000;

  private final Path root = Dirs.make();
  private final Path dir = root.resolve("data");

  @AfterEach
  void delete() throws Exception {
    Dirs.delete(root);
  }

  private static Change change(int i, int bytes) {
    return new Change(
        String.format("key-%012d", i).getBytes(StandardCharsets.UTF_8), new byte[bytes]);
  }

  private static List<Change> changes(int count, int bytes) {
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      changes.add(change(i * 7919 % 1_000_003, bytes));
    }
    return changes;
  }

  private static void commit(Opened opened, String space, List<Change> changes) {
    Opened.await(opened.storage.keyValues().commit(space, changes));
  }

  private static List<Item> all(Opened opened, String space) {
    Range range = new Range(new byte[0], null, false);
    return Opened.await(
        opened.storage.keyValues().range(space, range, Integer.MAX_VALUE, Long.MAX_VALUE));
  }

  private Connection connect() throws Exception {
    return DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("tributary.db"));
  }

  /** What the page about this storage says. */
  @Test
  void aKeyOf16BytesAndAValueOf100TakeAtMost200Bytes() throws Exception {
    try (Opened opened = new Opened(dir)) {
      commit(opened, "space", changes(MANY, 100));
    }
    double each = (double) Files.size(dir.resolve("tributary.db")) / MANY;
    System.out.printf("a key of 16 bytes with a value of 100 takes %.1f bytes%n", each);
    assertThat(each).isLessThanOrEqualTo(200);
  }

  @Test
  void readsGoByAnIndex() throws Exception {
    new Opened(dir).close();
    for (String sql : List.of(
        KeyValueReads.FIND, KeyValueReads.FORWARD, KeyValueReads.BACKWARD, KeyValueReads.SPACES)) {
      try (Connection connection = connect()) {
        List<String> plan =
            Sql.query(connection, row -> row.getString("detail"), "EXPLAIN QUERY PLAN " + sql);
        assertThat(plan).isNotEmpty();
        assertThat(plan).noneMatch(step -> step.startsWith("SCAN") || step.contains("TEMP B-TREE"));
      }
    }
  }

  /** As a sudden end leaves it: without a name, with its rows. */
  @Test
  void aSpaceThatWasBeingDestroyedIsGone() throws Exception {
    try (Opened opened = new Opened(dir)) {
      commit(opened, "doomed", changes(2_500, 9_000));
      commit(opened, "kept", changes(1, 1));
    }
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("UPDATE space SET name = NULL WHERE CAST(name AS TEXT) = 'doomed'");
      statement.executeUpdate("DELETE FROM space_item WHERE id < 100");
    }
    assertThat(FileStorageProvider.check(dir)).isEmpty();
    try (Opened opened = new Opened(dir)) {
      assertThat(Opened.await(opened.storage.keyValues().spaces(Optional.empty(), 9)))
          .containsExactly("kept");
      commit(opened, "doomed", changes(1, 1));
      assertThat(all(opened, "doomed")).hasSize(1);
      Opened.await(opened.storage.reclaim());
      assertThat(all(opened, "doomed")).hasSize(1);
      assertThat(all(opened, "kept")).hasSize(1);
    }
    try (Connection connection = connect()) {
      assertThat(Sql.number(connection, "SELECT count(*) FROM space_item")).isEqualTo(2);
      assertThat(Sql.number(connection, "SELECT count(*) FROM space")).isEqualTo(2);
    }
    assertThat(FileStorageProvider.check(dir)).isEmpty();
    assertThat(Files.size(dir.resolve("tributary.db"))).isLessThan(1 << 20);
  }

  @Test
  void aBackupHoldsTheSpaces() throws Exception {
    Path restored = root.resolve("restored");
    try (Opened opened = new Opened(dir)) {
      commit(opened, "space", changes(100, 100_000));
      Opened.await(opened.storage.backup(root.resolve("backup")));
      commit(opened, "space", List.of(change(1, 1)));
    }
    var unused = FileStorageProvider.restore(root.resolve("backup"), restored);
    try (Opened opened = new Opened(restored)) {
      List<Item> items = all(opened, "space");
      assertThat(items).hasSize(100).allMatch(item -> item.value().length == 100_000);
      commit(opened, "space", List.of(change(1, 1)));
    }
  }

  @Test
  void whatIsNotAsItHasToBeIsFound() throws Exception {
    try (Opened opened = new Opened(dir)) {
      commit(opened, "space", changes(1, 1));
    }
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.executeUpdate("INSERT INTO space (id, name) VALUES (7, x'61')");
      statement.executeUpdate("INSERT INTO space_item (space, key, value) VALUES (9, x'', x'')");
    }
    assertThat(FileStorageProvider.check(dir))
        .containsExactly(
            "61: a space without keys",
            "no space 9: rows of no space in space_item",
            "no space 9: a key of a length that no key has");
  }
}
