package io.tributary.storage.file;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.core.log.Removed;
import io.tributary.core.log.StoreStats;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Removal;
import io.tributary.storage.contract.OpenStorage;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** A data directory that a test has open. */
final class Opened extends OpenStorage {
  Opened(Path dir) {
    super(new FileStorageProvider(), new JsonObject().put("dir", dir.toString()));
  }

  static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
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
}
