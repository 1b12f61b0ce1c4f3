package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.journal.EntryOutcome;
import io.tributary.core.journal.JournalCommit;
import io.tributary.core.journal.JournalEntry;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.RecordKind;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.KeyValueStore;
import io.tributary.storage.Removal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What was removed is looked for in the files themselves. */
class ErasureTest {
  private static final StoreKey STORE = new StoreKey.Plain("tenant", "store");

  private final Path root = Dirs.make();
  private final Path dir = root.resolve("data");

  @AfterEach
  void delete() throws Exception {
    Dirs.delete(root);
  }

  @Test
  void whatWasRemovedIsInNoFileOnceReclaimed() throws Exception {
    try (Opened opened = new Opened(dir)) {
      opened.append(STORE, marked(1, 0));
      opened.append(STORE, marked(2, 100), marked(3, 10_000), marked(4, 3_000_000));
      opened.append(STORE, marked(5, 0));
      assertThat(marks()).contains(2, 3, 4);
      assertThat(opened.remove(STORE, 2, 3, 4).records()).isEqualTo(3);
      Opened.await(opened.storage.reclaim());
      // While it is open: the log and its index are there, too.
      assertThat(marks()).containsExactlyInAnyOrder(1, 5);
      opened.append(STORE, marked(6, 10));
      assertThat(marks()).containsExactlyInAnyOrder(1, 5, 6);
    }
    assertThat(marks()).containsExactlyInAnyOrder(1, 5, 6);
  }

  /** Rows that come and go make SQLite move others, and leave copies of them behind. */
  @Test
  void neitherAreCopiesLeftByTheMovesOfRows() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("ErasureTest: -Dseed=" + seed);
    Random random = new Random(seed);
    int[] sizes = {0, 30, 200, 200, 900, 3000, 9000};
    TreeMap<Integer, StoredRecord> live = new TreeMap<>();
    TreeMap<Integer, StoreKey> stores = new TreeMap<>();
    Set<Integer> removed = new HashSet<>();
    long[] heads = new long[30];
    int marks = 0;
    try (Opened opened = new Opened(dir)) {
      for (int step = 0; step < 300; step++) {
        for (int i = random.nextInt(40); i >= 0; i--) {
          int s = random.nextInt(heads.length);
          StoreKey store = new StoreKey.Plain("tenant", "store-" + s);
          NewRecord record = marked(++marks, sizes[random.nextInt(sizes.length)]);
          live.put(marks, new StoredRecord(++heads[s], 1, record));
          stores.put(marks, store);
          var unused = opened.submit(store, record);
        }
        if (random.nextInt(3) == 0) {
          List<Integer> all = new ArrayList<>(live.keySet());
          int from = random.nextInt(all.size());
          for (int mark : all.subList(from, Math.min(all.size(), from + 1 + random.nextInt(100)))) {
            long sequence = live.remove(mark).firstSequence();
            var unused = opened
                .storage
                .log()
                .remove(new Removal(stores.get(mark), List.of(sequence), 1, null));
            removed.add(mark);
          }
        }
      }
      Opened.await(opened.storage.reclaim());
      assertThat(marks()).doesNotContainAnyElementsOf(removed).containsAll(live.keySet());
      // Pages that were in memory are written again.
      for (int s = 0; s < heads.length; s++) {
        opened.append(new StoreKey.Plain("tenant", "store-" + s), Opened.record(100));
      }
      for (int mark : List.copyOf(live.keySet())) {
        if (random.nextInt(4) == 0) {
          opened.remove(stores.get(mark), live.remove(mark).firstSequence());
        }
      }
    }
    assertThat(marks()).doesNotContainAnyElementsOf(removed).containsAll(live.keySet());
    assertThat(FileStorageProvider.check(dir)).isEmpty();
  }

  @Test
  void whatWasRemovedFromAJournalIsInNoFileOnceReclaimed() throws Exception {
    List<JournalEntry> entries = new ArrayList<>();
    int[] sizes = {0, 100, 10_000, 300_000, 0, 5_000};
    for (int i = 0; i < sizes.length; i++) {
      entries.add(markedEntry(i + 1, i == 5 ? 5_000 : 10, sizes[i]));
    }
    List<EntryId> gone = entries.subList(1, 4).stream().map(JournalEntry::id).toList();
    try (Opened opened = new Opened(dir)) {
      opened.commit("journal", Opened.handled(entries));
      opened.commit(
          "journal",
          JournalCommit.outcomes(gone.stream()
              .map(id -> outcome(id, EntryOutcome.State.FAILED, "MARK00000099;" + "x".repeat(99)))
              .toList()));
      opened.commit("doomed", Opened.handled(List.of(markedEntry(77, 10, 100_000))));
      assertThat(marks()).contains(2, 3, 4, 77, 99);
      opened.commit(
          "journal",
          JournalCommit.removed(
              gone,
              gone.stream()
                  .map(id -> outcome(id, EntryOutcome.State.REMOVED, null))
                  .toList()));
      Opened.await(opened.storage.journals().destroy("doomed"));
      Opened.await(opened.storage.reclaim());
      assertThat(marks()).containsExactlyInAnyOrder(1, 5, 6);
    }
    assertThat(marks()).containsExactlyInAnyOrder(1, 5, 6);
  }

  /** The keys are in an index, too, whose pages leave copies behind as others do. */
  @Test
  void neitherAreCopiesLeftByTheMovesOfJournalRows() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("ErasureTest: -Dseed=" + seed);
    Random random = new Random(seed);
    int[] sizes = {0, 0, 30, 200, 900, 3000};
    TreeMap<Integer, EntryId> live = new TreeMap<>();
    TreeMap<Integer, String> journals = new TreeMap<>();
    Set<Integer> removed = new HashSet<>();
    int marks = 0;
    try (Opened opened = new Opened(dir)) {
      for (int step = 0; step < 200; step++) {
        String journal = "journal-" + random.nextInt(5);
        List<JournalEntry> some = new ArrayList<>();
        for (int i = random.nextInt(40); i >= 0; i--) {
          JournalEntry entry = markedEntry(
              ++marks, sizes[random.nextInt(sizes.length)], sizes[random.nextInt(sizes.length)]);
          live.put(marks, entry.id());
          journals.put(marks, journal);
          some.add(entry);
        }
        opened.commit(journal, Opened.handled(some));
        if (random.nextInt(3) == 0) {
          List<Integer> all = new ArrayList<>(live.keySet());
          int from = random.nextInt(all.size());
          for (int mark : all.subList(from, Math.min(all.size(), from + 1 + random.nextInt(100)))) {
            JournalCommit one = JournalCommit.removed(List.of(live.remove(mark)), List.of());
            var unused =
                opened.storage.journals().commit(journals.get(mark), one, Optional.empty());
            removed.add(mark);
          }
        }
      }
      Opened.await(opened.storage.reclaim());
      assertThat(marks()).doesNotContainAnyElementsOf(removed).containsAll(live.keySet());
    }
    assertThat(marks()).doesNotContainAnyElementsOf(removed).containsAll(live.keySet());
    assertThat(FileStorageProvider.check(dir)).isEmpty();
  }

  private static EntryOutcome outcome(
      EntryId id, EntryOutcome.State state, @Nullable String reason) {
    return new EntryOutcome(id, state, 1, 1, reason);
  }

  /** One that can be found again in event, primary key and payload. */
  private static JournalEntry markedEntry(int mark, int keyBytes, int payloadBytes) {
    String text = String.format("MARK%08d;", mark);
    // Not in the order of their insertion.
    String event = Integer.toHexString(mark * 0x9E3779B9) + text;
    String key = "k".repeat(keyBytes) + text;
    String payload = "p".repeat(payloadBytes) + text;
    return new JournalEntry(
        Opened.newId(),
        event.getBytes(StandardCharsets.UTF_8),
        key.getBytes(StandardCharsets.UTF_8),
        payload.getBytes(StandardCharsets.UTF_8),
        0);
  }

  /** A value that was replaced is gone as one that was removed is, and keys are in an index, too. */
  @Test
  void neitherAreValuesThatWereReplacedOrRemoved() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("ErasureTest: -Dseed=" + seed);
    Random random = new Random(seed);
    int[] sizes = {0, 0, 30, 200, 900, 3000, 9000, 60_000};
    // By the key's mark.
    TreeMap<Integer, Integer> live = new TreeMap<>();
    Set<Integer> gone = new HashSet<>();
    int marks = 0;
    try (Opened opened = new Opened(dir)) {
      KeyValueStore spaces = opened.storage.keyValues();
      for (int step = 0; step < 150; step++) {
        List<KeyValueStore.Change> changes = new ArrayList<>();
        for (int key : List.copyOf(live.keySet())) {
          if (random.nextInt(20) == 0) {
            gone.add(live.get(key));
            if (random.nextBoolean()) {
              gone.add(key);
              live.remove(key);
              changes.add(new KeyValueStore.Change(markedKey(key), null));
            } else {
              live.put(key, ++marks);
              changes.add(markedChange(key, marks, sizes[random.nextInt(sizes.length)]));
            }
          }
        }
        for (int i = random.nextInt(20); i >= 0; i--) {
          int key = ++marks;
          live.put(key, ++marks);
          changes.add(markedChange(key, marks, sizes[random.nextInt(sizes.length)]));
        }
        var unused = spaces.commit("space", changes);
      }
      Opened.await(spaces.commit("doomed", List.of(markedChange(marks + 1, marks + 2, 100_000))));
      gone.addAll(List.of(marks + 1, marks + 2));
      Opened.await(spaces.destroy("doomed"));
      Opened.await(opened.storage.reclaim());
      assertThat(marks())
          .doesNotContainAnyElementsOf(gone)
          .containsAll(live.keySet())
          .containsAll(live.values());
    }
    assertThat(marks()).doesNotContainAnyElementsOf(gone).containsAll(live.values());
    assertThat(FileStorageProvider.check(dir)).isEmpty();
  }

  /** Not in the order of the marks. */
  private static byte[] markedKey(int mark) {
    String text = Integer.toHexString(mark * 0x9E3779B9) + String.format("MARK%08d;", mark);
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static KeyValueStore.Change markedChange(int key, int mark, int bytes) {
    String value = "v".repeat(bytes) + String.format("MARK%08d;", mark);
    return new KeyValueStore.Change(markedKey(key), value.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void roomIsGivenBackToTheFileSystem() throws Exception {
    try (Opened opened = new Opened(dir)) {
      opened.append(STORE, Opened.record(10));
      for (int i = 0; i < 20; i++) {
        opened.append(STORE, Opened.record(1024 * 1024));
      }
      Opened.await(opened.storage.reclaim());
      assertThat(size()).isGreaterThan(20 * 1024 * 1024);
      Removed removed = Opened.await(opened
          .storage
          .log()
          .remove(new Removal(STORE, Stream.iterate(2L, n -> n + 1).limit(20).toList(), 1, null)));
      assertThat(removed.records()).isEqualTo(20);
      Opened.await(opened.storage.reclaim());
      assertThat(size()).isLessThan(256 * 1024);
      assertThat(opened.append(STORE, Opened.record(10)).head()).isEqualTo(22);
    }
  }

  @Test
  void reclaimWaitsForThoseWhoReadAndKeepsNobodyWaiting() throws Exception {
    try (Opened opened = new Opened(dir)) {
      opened.append(STORE, marked(1, 100), marked(2, 100));
      try (var reader = DriverManager.getConnection("jdbc:sqlite:" + dir.resolve("tributary.db"));
          var statement = reader.createStatement()) {
        reader.setAutoCommit(false);
        statement.executeQuery("SELECT count(*) FROM record").close();
        opened.remove(STORE, 1);
        var reclaimed = opened.storage.reclaim();
        for (int i = 0; i < 50; i++) {
          opened.append(STORE, Opened.record(10));
        }
        assertThat(reclaimed.isComplete()).isFalse();
        reader.commit();
        Opened.await(reclaimed);
      }
      assertThat(marks()).containsExactly(2);
    }
  }

  /** 200,000 of them, after everything else is gone. */
  @Test
  void aTombstoneTakesAtMost40Bytes() throws Exception {
    int count = 200_000;
    try (Opened opened = new Opened(dir)) {
      for (int i = 0; i < count; i += 1000) {
        NewRecord[] records =
            Stream.generate(() -> Opened.record(200)).limit(1000).toArray(NewRecord[]::new);
        opened.append(STORE, records);
      }
      // Every second one on another day: the times of their removal divide each other.
      for (long day = 0; day < 2; day++) {
        for (long i = 1 + day; i <= count; i += 2000) {
          List<Long> some = Stream.iterate(i, n -> n + 2).limit(1000).toList();
          Opened.await(
              opened.storage.log().remove(new Removal(STORE, some, day * 86_400_000, null)));
        }
      }
      assertThat(Opened.await(opened.storage.log().stats(STORE)).tombstones()).isEqualTo(count);
      Opened.await(opened.storage.reclaim());
      double each = (double) size() / count;
      System.out.printf("a tombstone takes %.1f bytes%n", each);
      assertThat(each).isLessThanOrEqualTo(40);
    }
  }

  /** A record that can be found again, in each of its parts, whatever its size. */
  private static NewRecord marked(int mark, int bytes) {
    byte[] text = String.format("MARK%08d;", mark).getBytes(StandardCharsets.UTF_8);
    byte[] body = new byte[bytes + text.length];
    System.arraycopy(text, 0, body, bytes, text.length);
    return new NewRecord(
        List.of(Opened.newId()), RecordKind.PLAIN, text, text, text, body, false, text);
  }

  private Set<Integer> marks() throws IOException {
    Pattern pattern = Pattern.compile("MARK(\\d{8});");
    Set<Integer> marks = new HashSet<>();
    try (Stream<Path> files = Files.list(dir)) {
      for (Path file : files.toList()) {
        Matcher matcher = pattern.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
        while (matcher.find()) {
          marks.add(Integer.parseInt(matcher.group(1)));
        }
      }
    }
    return marks;
  }

  private long size() throws IOException {
    long size = 0;
    try (Stream<Path> files = Files.list(dir)) {
      for (Path file : files.filter(f -> !f.endsWith("tributary.db-shm")).toList()) {
        size += Files.size(file);
      }
    }
    return size;
  }
}
