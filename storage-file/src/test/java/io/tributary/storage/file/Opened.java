package io.tributary.storage.file;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Removal;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** A storage that a test has open, with calls that wait. */
final class Opened implements AutoCloseable {
  private static final EntryIdGenerator IDS = new EntryIdGenerator(InstantSource.system());

  private final Vertx vertx = Vertx.vertx();
  final Storage storage;

  Opened(Path dir) {
    Storage open;
    try {
      open =
          await(new FileStorageProvider().open(vertx, new JsonObject().put("dir", dir.toString())));
    } catch (RuntimeException e) {
      await(vertx.close());
      throw e;
    }
    storage = open;
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
    return NewRecord.sealed(newId(), new byte[12], new byte[bytes]);
  }

  static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  Future<List<AppendResult>> submit(StoreKey store, NewRecord... records) {
    return storage.log().append(List.of(new Append(store, 1, List.of(records))));
  }

  @CanIgnoreReturnValue
  AppendResult append(StoreKey store, NewRecord... records) {
    return await(submit(store, records)).get(0);
  }

  /** Removes the records at these sequences, on the first day of all. */
  @CanIgnoreReturnValue
  Removed remove(StoreKey store, long... sequences) {
    return await(storage
        .log()
        .remove(new Removal(store, Arrays.stream(sequences).boxed().toList(), 1, null)));
  }

  StoreStats stats(StoreKey store) {
    return await(storage.log().stats(store));
  }

  /** The failure of an append that has to fail. */
  StorageException refused(StoreKey store, NewRecord... records) {
    Throwable cause = submit(store, records)
        .map((Throwable) null)
        .otherwise(e -> e)
        .toCompletionStage()
        .toCompletableFuture()
        .join();
    assertThat(cause).isInstanceOf(StorageException.class);
    return (StorageException) cause;
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
    await(vertx.close());
  }
}
