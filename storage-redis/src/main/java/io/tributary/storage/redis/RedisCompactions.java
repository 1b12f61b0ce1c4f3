package io.tributary.storage.redis;

import io.tributary.storage.CompactionHistory;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;

/** The newest runs of retention. */
final class RedisCompactions implements CompactionHistory {
  private final Link writer;
  private final Link reader;

  RedisCompactions(Link writer, Link reader) {
    this.writer = writer;
    this.reader = reader;
  }

  @Override
  public Future<Long> add(byte[] run, int keep) {
    requireSome(keep, "keep");
    return writer
        .call(Script.COMPACTIONS, new Args().add("add").add(run).add(keep).list(), true)
        .map(reply -> reply.get(1).toLong());
  }

  @Override
  public Future<List<Run>> list(long below, int max) {
    requireSome(max, "max");
    return reader
        .call(Script.COMPACTIONS, new Args().add("list").add(below).add(max).list(), false)
        .map(reply -> {
          List<Run> runs = new ArrayList<>();
          for (int i = 1; i < reply.size(); i += 2) {
            runs.add(new Run(reply.get(i).toLong(), reply.get(i + 1).toBytes()));
          }
          return runs;
        });
  }

  private static void requireSome(int number, String name) {
    if (number < 1) {
      throw new IllegalArgumentException(name + " is at least 1, not " + number);
    }
  }
}
