package io.tributary.storage.contract;

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
import io.tributary.storage.StorageProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** A storage that a provider's own test has open, with calls that wait. For one thread. */
public class OpenStorage implements AutoCloseable {
  private static final EntryIdGenerator IDS = new EntryIdGenerator(InstantSource.system());

  /** Ends with this. */
  public final Vertx vertx = Vertx.vertx();

  public final Storage storage;

  /** Opens it; throws what that fails with. */
  protected OpenStorage(StorageProvider provider, JsonObject section) {
    Storage open;
    try {
      open = await(provider.open(vertx, section));
    } catch (RuntimeException e) {
      await(vertx.close());
      throw e;
    }
    storage = open;
  }

  /** Waits, and throws what it failed with. */
  @CanIgnoreReturnValue
  public static <T> T await(Future<T> future) {
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

  public static EntryId newId() {
    return IDS.next();
  }

  /** A new one of one sealed entry. */
  public static NewRecord record(int bytes) {
    return NewRecord.sealed(newId(), new byte[12], new byte[bytes]);
  }

  public final Future<List<AppendResult>> submit(StoreKey store, NewRecord... records) {
    return storage.log().append(List.of(new Append(store, 1, List.of(records))));
  }

  @CanIgnoreReturnValue
  public final AppendResult append(StoreKey store, NewRecord... records) {
    return await(submit(store, records)).get(0);
  }

  /** The failure of an append that has to fail. */
  public final StorageException refused(StoreKey store, NewRecord... records) {
    return failure(submit(store, records));
  }

  /** The failure of what has to fail. */
  public static StorageException failure(Future<?> future) {
    Throwable cause = await(future.map((Throwable) null).otherwise(e -> e));
    assertThat(cause).isInstanceOf(StorageException.class);
    return (StorageException) cause;
  }

  /** All records, checked to be contiguous from 1. */
  public final List<StoredRecord> all(StoreKey store) {
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
