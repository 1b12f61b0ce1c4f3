package io.tributary.server.cli;

import io.tributary.core.model.EntryId;
import io.tributary.core.model.EntryIdGenerator;
import io.tributary.core.wire.v3.Chunk;
import io.tributary.core.wire.v3.ClientMessage;
import io.tributary.core.wire.v3.V3Codec;
import io.vertx.core.buffer.Buffer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A write encoded once, of which only the write's id, the entries' ids and a time stamp at the start
 * of each ciphertext change. The ciphertexts are random bytes: a hub cannot tell.
 *
 * <p>Confined to one thread.
 */
final class BenchTemplate {
  /** Bytes of a ciphertext that the stamp takes: the run's id and the time. */
  static final int STAMP_BYTES = 16;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  /** Encoded as a float64 by any encoder: the id's place must hold every value. */
  private static final double ID_MARK = 4294967297.5;

  private final byte[] frame;
  private final int key;
  private final int start;
  private final int idAt;
  private final int[] entryIdAt;
  private final int[] stampAt;

  /**
   * A template for writes of {@code batch} entries of {@code payload} bytes each.
   *
   * @param runId stands in each ciphertext, so that a reader knows entries of this run
   * @throws IllegalArgumentException if such a write would have to be cut into chunks
   */
  BenchTemplate(String publicKey, int batch, int payload, long runId, RandomGenerator random) {
    List<ClientMessage.SealedItem> items = new ArrayList<>(batch);
    for (int i = 0; i < batch; i++) {
      byte[] id = new byte[EntryId.SIZE];
      byte[] ciphertext = new byte[payload];
      random.nextBytes(id);
      random.nextBytes(ciphertext);
      LONGS.set(ciphertext, 0, runId);
      items.add(new ClientMessage.SealedItem(id, ciphertext));
    }
    byte[] iv = new byte[12];
    random.nextBytes(iv);
    byte[] message = V3Codec.encode(new ClientMessage.WriteEntries(publicKey, ID_MARK, iv, items));
    if (message.length > Chunk.SIZE) {
      throw new IllegalArgumentException(
          "a write of this batch and payload has %d bytes, more than the %d that go in one frame"
              .formatted(message.length, Chunk.SIZE));
    }
    key = random.nextInt();
    frame = BenchFrame.binary(message, key);
    start = frame.length - message.length;
    byte[] idMark = new byte[9];
    idMark[0] = (byte) 0xcb;
    LONGS.set(idMark, 1, Double.doubleToRawLongBits(ID_MARK));
    idAt = start + find(message, idMark, 0) + 1;
    entryIdAt = new int[batch];
    stampAt = new int[batch];
    int from = 0;
    for (int i = 0; i < batch; i++) {
      entryIdAt[i] = start + find(message, items.get(i).entryId(), from);
      stampAt[i] = start + find(message, items.get(i).ciphertext(), from) + 8;
      from = Math.max(entryIdAt[i], stampAt[i]) - start;
    }
  }

  /**
   * Checks that such a write goes in one frame.
   *
   * @throws IllegalArgumentException if not
   */
  static void checkSize(int batch, int payload) {
    // 44: what the encoding of an entry has beside its ciphertext, at least
    long atLeast = (long) batch * (payload + 44);
    if (atLeast > Chunk.SIZE) {
      throw new IllegalArgumentException(
          "a write of %d entries of %d B would have to be cut into chunks: at most %d bytes go in one"
                  .formatted(batch, payload, Chunk.SIZE)
              + " frame");
    }
  }

  /** Appends the next write, as a whole WebSocket frame. */
  void appendTo(Buffer out, double id, EntryIdGenerator ids, long nowNanos) {
    put(idAt, Double.doubleToRawLongBits(id));
    for (int i = 0; i < entryIdAt.length; i++) {
      EntryId entryId = ids.next();
      put(entryIdAt[i], entryId.high());
      put(entryIdAt[i] + 8, entryId.low());
      put(stampAt[i], nowNanos);
    }
    out.appendBytes(frame);
  }

  private void put(int position, long value) {
    LONGS.set(frame, position, value ^ BenchFrame.mask(key, position - start));
  }

  private static int find(byte[] in, byte[] what, int from) {
    for (int at = from; at <= in.length - what.length; at++) {
      int i = 0;
      while (i < what.length && in[at + i] == what[i]) {
        i++;
      }
      if (i == what.length) {
        return at;
      }
    }
    throw new IllegalStateException("the encoder did not write a value as it is");
  }
}
