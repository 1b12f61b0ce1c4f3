package io.tributary.server.hub;

import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import io.tributary.core.wire.v3.ClientMessage.WriteEntries;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.IntStream;

/** Sealed entries with ids that were never used. */
final class Entries {
  private static final EntryIdGenerator IDS = new EntryIdGenerator(InstantSource.system());

  static final byte[] IV = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

  private Entries() {}

  static SealedItem one() {
    return one(20);
  }

  static SealedItem one(int bytes) {
    byte[] id = IDS.next().toBytes();
    byte[] ciphertext = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      ciphertext[i] = (byte) (i * 31 + id[15]);
    }
    return new SealedItem(id, ciphertext);
  }

  static List<SealedItem> some(int n) {
    return some(n, 20);
  }

  static List<SealedItem> some(int n, int bytes) {
    return IntStream.range(0, n).mapToObj(i -> one(bytes)).toList();
  }

  static WriteEntries write(String publicKey, double id, List<SealedItem> entries) {
    return new WriteEntries(publicKey, id, IV, entries);
  }

  static WriteEntries write(String publicKey, double id, SealedItem... entries) {
    return write(publicKey, id, List.of(entries));
  }

  /** For sets: arrays are not equal by what is in them. */
  static ByteBuffer key(byte[] id) {
    return ByteBuffer.wrap(id);
  }
}
