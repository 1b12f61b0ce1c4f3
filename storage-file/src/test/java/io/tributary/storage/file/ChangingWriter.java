package io.tributary.storage.file;

import io.tributary.core.log.LogItem;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.log.Tombstone;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Removal;
import io.tributary.storage.Restoration;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A process that appends, removes, restores and gives back room without end, and prints {@code
 * removing FIRST}, {@code removed FIRST}, {@code restoring STORE} and {@code restored STORE} before
 * and after. Argument: directory.
 */
public final class ChangingWriter {
  static final StoreKey STORE = new StoreKey.Sealed("tenant", "changing");
  static final int REMOVED = 50;
  static final int RESTORED = 60;

  /** One write per line. */
  private static final FileOutputStream OUT = new FileOutputStream(FileDescriptor.out);

  private ChangingWriter() {}

  static StoreKey restored(String store) {
    return new StoreKey.Sealed("restored", store);
  }

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    try (Opened opened = new Opened(Path.of(args[0]))) {
      while (true) {
        NewRecord[] records =
            Stream.generate(() -> Opened.record(3_000)).limit(100).toArray(NewRecord[]::new);
        long first = opened.append(STORE, records).head() - 99;
        print("removing " + first);
        List<Long> sequences = LongStream.range(first, first + REMOVED).boxed().toList();
        Opened.await(opened.storage.log().remove(new Removal(STORE, sequences, 1, null)));
        print("removed " + first);
        String store = UUID.randomUUID().toString();
        List<LogItem> items = new ArrayList<>();
        for (int i = 1; i <= RESTORED; i++) {
          items.add(
              i % 2 == 0
                  ? new Tombstone(i, Opened.newId())
                  : new StoredRecord(i, 1, Opened.record(3_000)));
        }
        print("restoring " + store);
        Opened.await(
            opened.storage.log().restore(new Restoration(restored(store), items, RESTORED, 1)));
        print("restored " + store);
        var unused = opened.storage.reclaim();
      }
    }
  }

  private static void print(String line) throws IOException {
    OUT.write((line + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
