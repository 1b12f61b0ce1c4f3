package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.log.Outlines;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KillTest {
  /** A process is killed while it appends, again and again on the same directory. */
  @Test
  void killingTheProcessLosesNothingThatWasAcknowledged() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("KillTest: -Dseed=" + seed);
    Random random = new Random(seed);
    Path dir = Dirs.make();
    Map<Long, String> acknowledged = new HashMap<>();
    int kills = Boolean.getBoolean("tributary.long") ? 20 : 3;
    for (int i = 0; i < kills; i++) {
      int inFlight = 1 + random.nextInt(200);
      appendUntilKilled(dir, inFlight, 1 + random.nextInt(5000), acknowledged);
      try (Opened opened = new Opened(dir)) {
        List<StoredRecord> all = opened.all(AckingWriter.STORE);
        Set<String> ids = new HashSet<>();
        for (StoredRecord record : all) {
          assertThat(ids.add(record.record().ids().get(0).toHex())).isTrue();
        }
        acknowledged.forEach((sequence, id) -> assertThat(
                all.get((int) (sequence - 1)).record().ids().get(0).toHex())
            .isEqualTo(id));
        assertThat(all.size()).isBetween(acknowledged.size(), acknowledged.size() + 200 * kills);
      }
    }
    Dirs.delete(dir);
  }

  /** Removals and restorations are there whole or not at all. */
  @Test
  void killingTheProcessLeavesNothingHalfDone() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    System.out.println("KillTest: -Dseed=" + seed);
    Random random = new Random(seed);
    Path dir = Dirs.make();
    int kills = Boolean.getBoolean("tributary.long") ? 20 : 3;
    for (int i = 0; i < kills; i++) {
      List<String> lines = changeUntilKilled(dir, 1 + random.nextInt(100));
      assertThat(FileStorageProvider.check(dir)).isEmpty();
      try (Opened opened = new Opened(dir)) {
        for (String line : lines) {
          String[] words = line.split(" ", -1);
          switch (words[0]) {
            case "removing" ->
              assertThat(removed(opened, words[1])).isIn(0, ChangingWriter.REMOVED);
            case "removed" ->
              assertThat(removed(opened, words[1])).isEqualTo(ChangingWriter.REMOVED);
            case "restoring", "restored" -> {
              StoreStats stats = opened.stats(ChangingWriter.restored(words[1]));
              if (words[0].equals("restored") || stats.head() > 0) {
                assertThat(stats.head()).isEqualTo(ChangingWriter.RESTORED);
                assertThat(stats.records() + stats.tombstones()).isEqualTo(ChangingWriter.RESTORED);
              }
            }
            default -> throw new AssertionError(line);
          }
        }
      }
    }
    Dirs.delete(dir);
  }

  private static int removed(Opened opened, String first) {
    Outlines there = Opened.await(opened
        .storage
        .log()
        .scan(ChangingWriter.STORE, Long.parseLong(first), ChangingWriter.REMOVED));
    long end = Long.parseLong(first) + ChangingWriter.REMOVED;
    return ChangingWriter.REMOVED
        - (int) there.records().stream()
            .filter(record -> record.firstSequence() < end)
            .count();
  }

  private static List<String> changeUntilKilled(Path dir, int lines) throws Exception {
    Process process = Processes.java(List.of(), ChangingWriter.class, dir.toString());
    List<String> all = new ArrayList<>();
    try (BufferedReader in = process.inputReader()) {
      String line;
      while ((line = in.readLine()) != null) {
        all.add(line);
        if (all.size() == lines) {
          process.toHandle().destroyForcibly();
        }
      }
    }
    assertThat(process.waitFor()).isEqualTo(128 + 9);
    return all;
  }

  private static void appendUntilKilled(
      Path dir, int inFlight, int acks, Map<Long, String> acknowledged) throws Exception {
    Process process = Processes.java(
        List.of(), AckingWriter.class, dir.toString(), "0", Integer.toString(inFlight), "false");
    int seen = 0;
    try (BufferedReader lines = process.inputReader()) {
      String line;
      // Goes on to the end: what the process wrote before it was killed was acknowledged.
      while ((line = lines.readLine()) != null) {
        String[] words = line.split(" ");
        assertThat(words).as(line).hasSize(3);
        assertThat(acknowledged.put(Long.parseLong(words[2]), words[1])).isNull();
        if (++seen == acks) {
          // The process's own method would close the pipe with what is still in it.
          process.toHandle().destroyForcibly();
        }
      }
    }
    assertThat(process.waitFor()).isEqualTo(128 + 9);
    assertThat(seen).isGreaterThanOrEqualTo(acks);
  }
}
