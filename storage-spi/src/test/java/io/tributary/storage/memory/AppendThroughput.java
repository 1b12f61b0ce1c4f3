package io.tributary.storage.memory;

import io.tributary.core.log.Append;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.LogStore;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Measures appends to one store on one thread: bodies of 200 bytes, records made beforehand.
 *
 * <p>Arguments: records per append, records in total. Prints the median of 5 rounds after 2 to warm
 * up; each round starts with an empty storage. The time is the thread's CPU time, which other load
 * on the machine hardly changes; collecting garbage is not in it.
 */
public final class AppendThroughput {
  private AppendThroughput() {}

  /** Runs it. */
  public static void main(String[] args) {
    int perAppend = Integer.parseInt(args[0]);
    int total = Integer.parseInt(args[1]);
    StoreKey store = new StoreKey.Sealed("bench", "key");
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    List<Double> rounds = new ArrayList<>();
    for (int round = 0; round < 7; round++) {
      List<List<Append>> calls = calls(store, perAppend, total);
      LogStore log = new MemoryStorage(InstantSource.system()).log();
      long slots = 0;
      long start = threads.getCurrentThreadCpuTime();
      for (List<Append> call : calls) {
        slots += log.append(call).result().get(0).slots().size();
      }
      double nanos = threads.getCurrentThreadCpuTime() - start;
      if (slots != total) {
        throw new IllegalStateException("appended " + slots + " of " + total);
      }
      if (round >= 2) {
        rounds.add(nanos / total);
      }
    }
    rounds.sort(null);
    double nanos = rounds.get(rounds.size() / 2);
    System.out.printf(
        "%d per append: %.0f ns per record, %.2f million records/s (%s)%n",
        perAppend, nanos, 1000 / nanos, rounds);
  }

  private static List<List<Append>> calls(StoreKey store, int perAppend, int total) {
    Random random = new Random(1);
    List<List<Append>> calls = new ArrayList<>();
    for (int i = 0; i < total; i += perAppend) {
      List<NewRecord> records = new ArrayList<>();
      for (int j = i; j < Math.min(total, i + perAppend); j++) {
        EntryId id = new EntryId(((long) j << 16) | 0x7000, random.nextLong());
        records.add(NewRecord.sealed(id, new byte[12], new byte[200]));
      }
      calls.add(List.of(new Append(store, i, records)));
    }
    return calls;
  }
}
