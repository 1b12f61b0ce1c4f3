package io.tributary.storage.redis;

import io.tributary.storage.KeyValueStore;
import io.vertx.core.Future;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Spaces: a script per commit. Reads are {@link Reads}. */
final class RedisKeyValues implements KeyValueStore {
  /** Of one script, so that others are not kept waiting. */
  private static final int STEP = 1000;

  private static final int STEP_BYTES = 16 * 1024 * 1024;

  /** Pages of several steps between which somebody committed, before one is read in one step. */
  private static final int TORN = 3;

  /** The answer begins behind the commits. */
  private static final int ANSWER = 2;

  private final Link writer;
  private final Reads reads;

  RedisKeyValues(Link writer, Reads reads) {
    this.writer = writer;
    this.reads = reads;
  }

  @Override
  public Future<Void> commit(String space, Collection<Change> changes) {
    KeyValueStore.requireName(space);
    KeyValueStore.requireChanges(changes);
    Args args = new Args()
        .add(space)
        .add(changes.stream().filter(change -> change.value() != null).count());
    for (Change change : changes) {
      byte[] value = change.value();
      if (value != null) {
        args.add(change.key()).add(value);
      }
    }
    for (Change change : changes) {
      if (change.value() == null) {
        args.add(change.key());
      }
    }
    return Callers.here(writer.call(Script.SPACE_COMMIT, args.list(), true).mapEmpty());
  }

  @Override
  public Future<Optional<byte[]>> get(String space, byte[] key) {
    KeyValueStore.requireName(space);
    KeyValueStore.requireKey(key);
    return Callers.here(reads
        .ask(Script.SPACE_GET, new Args().add(space).add(key).list())
        .map(reply -> Optional.ofNullable(reply.get(ANSWER)).map(Response::toBytes)));
  }

  @Override
  public Future<List<Item>> range(String space, Range range, int max, long maxBytes) {
    KeyValueStore.requireName(space);
    KeyValueStore.requireSome(max);
    return Callers.here(page(space, range, max, maxBytes, TORN));
  }

  /** In steps; from the beginning if somebody committed between two of them. */
  private Future<List<Item>> page(String space, Range range, int max, long maxBytes, int tries) {
    byte[] to = range.to();
    byte[] least = bound('[', range.from());
    byte[] greatest = to == null ? new byte[] {'+'} : bound('(', to);
    List<Item> found = new ArrayList<>();
    long[] room = {Math.max(0, maxBytes)};
    long[] changed = {-1};
    boolean[] torn = {false};
    return Reads.steps(() -> {
          byte[] start = range.reverse() ? greatest : least;
          Args args = new Args()
              .add(space)
              .add(range.reverse() ? 1 : 0)
              .add(
                  found.isEmpty()
                      ? start
                      : bound('(', found.get(found.size() - 1).key()))
              .add(range.reverse() ? least : greatest)
              .add(max - found.size())
              .add(room[0])
              .add(found.isEmpty() ? 1 : 0)
              .add(tries == 0 ? Long.MAX_VALUE : STEP_BYTES)
              .add(tries == 0 ? Integer.MAX_VALUE : STEP);
          return reads.ask(Script.SPACE_RANGE, args.list()).map(reply -> {
            long last = reply.get(1).toLong();
            if (changed[0] >= 0 && changed[0] != last) {
              torn[0] = true;
              return false;
            }
            changed[0] = last;
            for (int i = ANSWER + 1; i < reply.size(); i += 2) {
              Item item = new Item(reply.get(i).toBytes(), reply.get(i + 1).toBytes());
              room[0] -= item.bytes();
              found.add(item);
            }
            return reply.get(ANSWER).toInteger() == 0 && found.size() < max;
          });
        })
        .compose(done ->
            torn[0] ? page(space, range, max, maxBytes, tries - 1) : Future.succeededFuture(found));
  }

  private static byte[] bound(char kind, byte[] key) {
    byte[] bound = new byte[1 + key.length];
    bound[0] = (byte) kind;
    System.arraycopy(key, 0, bound, 1, key.length);
    return bound;
  }

  @Override
  public Future<List<String>> spaces(Optional<String> after, int max) {
    KeyValueStore.requireSome(max);
    List<String> found = new ArrayList<>();
    return Callers.here(Reads.steps(() -> {
          // No space has the empty name.
          String from = found.isEmpty() ? after.orElse("") : found.get(found.size() - 1);
          int most = Math.min(STEP, max - found.size());
          return reads.ask(Script.SPACES, new Args().add(from).add(most).list()).map(reply -> {
            reply.stream().skip(ANSWER).forEach(name -> found.add(name.toString()));
            return reply.size() == ANSWER + most && found.size() < max;
          });
        })
        .map(found));
  }

  @Override
  public Future<Void> destroy(String space) {
    KeyValueStore.requireName(space);
    return Callers.here(
        writer.call(Script.SPACE_DESTROY, new Args().add(space).list(), true).mapEmpty());
  }
}
