package io.tributary.storage.file;

import io.tributary.core.log.Append;
import io.tributary.core.log.AppendResult;
import io.tributary.core.log.NewRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;

/**
 * A process that appends single records and prints {@code ack ID SEQUENCE} or {@code failed OUTCOME}
 * for each answer, one write per line, when it gets it. Arguments: directory, appends in all (0 for
 * no end), appends in flight, and whether failed ones are tried again.
 */
public final class AckingWriter {
  static final StoreKey STORE = new StoreKey.Sealed("tenant", "public key");

  private final Storage storage;
  private final boolean again;
  private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);
  private final EntryIdGenerator ids = new EntryIdGenerator(InstantSource.system());
  private final CountDownLatch ended;
  private long left;

  private AckingWriter(Storage storage, long appends, int inFlight, boolean again) {
    this.storage = storage;
    this.left = appends == 0 ? Long.MAX_VALUE : appends;
    this.again = again;
    this.ended = new CountDownLatch(inFlight);
  }

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    Vertx vertx = Vertx.vertx();
    Storage storage;
    try {
      storage = await(new FileStorageProvider().open(vertx, new JsonObject().put("dir", args[0])));
    } catch (ExecutionException e) {
      await(vertx.close());
      throw e;
    }
    int inFlight = Integer.parseInt(args[2]);
    AckingWriter writer =
        new AckingWriter(storage, Long.parseLong(args[1]), inFlight, Boolean.parseBoolean(args[3]));
    vertx.getOrCreateContext().runOnContext(nothing -> {
      for (int i = 0; i < inFlight; i++) {
        writer.next();
      }
    });
    writer.ended.await();
    writer.print("health " + await(storage.check()).status());
    await(storage.close());
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get();
  }

  private void next() {
    if (left == 0) {
      ended.countDown();
      return;
    }
    left--;
    append(ids.next());
  }

  private void append(EntryId id) {
    NewRecord record =
        NewRecord.sealed(id, new byte[12], id.toHex().getBytes(StandardCharsets.UTF_8));
    var unused = storage
        .log()
        .append(List.of(new Append(STORE, 1, List.of(record))))
        .onSuccess(results -> {
          AppendResult.Slot slot = results.get(0).slots().get(0);
          print("ack " + id.toHex() + " " + slot.sequences()[0]);
          next();
        })
        .onFailure(e -> {
          Outcome outcome = ((StorageException) e).outcome();
          print("failed " + outcome);
          if (again) {
            append(id);
          } else {
            next();
          }
        });
  }

  private void print(String line) {
    try {
      out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
