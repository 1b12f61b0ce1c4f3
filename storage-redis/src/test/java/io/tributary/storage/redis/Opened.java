package io.tributary.storage.redis;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A node that a test has open, with calls that wait, and a plain client beside it. */
final class Opened implements AutoCloseable {
  private static final EntryIdGenerator IDS = new EntryIdGenerator(InstantSource.system());

  final Vertx vertx = Vertx.vertx();
  final Storage storage;
  private final Redis plain;

  Opened(JsonObject section) {
    Storage open;
    try {
      open = await(new RedisStorageProvider().open(vertx, section));
    } catch (RuntimeException e) {
      await(vertx.close());
      throw e;
    }
    storage = open;
    plain = Redis.createClient(vertx, section.getString("uri"));
  }

  @CanIgnoreReturnValue
  static <T> T await(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .orTimeout(60, TimeUnit.SECONDS)
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  static EntryId newId() {
    return IDS.next();
  }

  static NewRecord record(int bytes) {
    return record(newId(), bytes);
  }

  static NewRecord record(EntryId id, int bytes) {
    return NewRecord.sealed(id, new byte[12], new byte[bytes]);
  }

  /** Runs a command on the server, past the storage. */
  @CanIgnoreReturnValue
  @Nullable
  Response command(Command command, String... args) {
    Request request = Request.cmd(command);
    for (String arg : args) {
      Request unused = request.arg(arg);
    }
    return send(request);
  }

  /** Sends a request to the server, past the storage. */
  @CanIgnoreReturnValue
  @Nullable
  Response send(Request request) {
    return await(plain.send(request));
  }

  Future<List<AppendResult>> submit(StoreKey store, NewRecord... records) {
    return storage.log().append(List.of(new Append(store, 1, List.of(records))));
  }

  @CanIgnoreReturnValue
  AppendResult append(StoreKey store, NewRecord... records) {
    return await(submit(store, records)).get(0);
  }

  /** The failure of an append that has to fail. */
  StorageException refused(StoreKey store, NewRecord... records) {
    return failure(submit(store, records));
  }

  static StorageException failure(Future<?> future) {
    Throwable cause = await(future.map((Throwable) null).otherwise(e -> e));
    assertThat(cause).isInstanceOf(StorageException.class);
    return (StorageException) cause;
  }

  long head(StoreKey store) {
    return await(storage.log().heads(List.of(store))).getOrDefault(store, -1L);
  }

  Map<StoreKey, Long> heads(List<StoreKey> stores) {
    return await(storage.log().heads(stores));
  }

  /** All records, checked to be contiguous from 1. */
  List<StoredRecord> all(StoreKey store) {
    List<StoredRecord> all = new ArrayList<>();
    long next = 1;
    while (true) {
      Page page = await(storage.log().read(store, next, 1000, 1 << 20));
      if (page.records().isEmpty()) {
        assertThat(next).isEqualTo(page.head() + 1);
        return all;
      }
      for (StoredRecord record : page.records()) {
        assertThat(record.firstSequence()).isEqualTo(next);
        next = record.lastSequence() + 1;
        all.add(record);
      }
      assertThat(page.next()).isEqualTo(next);
    }
  }

  @Override
  public void close() {
    await(storage.close());
    await(plain.close());
    await(vertx.close());
  }
}
