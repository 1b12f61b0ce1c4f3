package io.tributary.server.cli;

import io.tributary.core.wire.v3.ClientMessage;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Subscribes to an identity from the beginning and checks that it gets each sequence once, in order. */
class BenchReader extends BenchPeer {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final BenchKey key;
  private final long runId;
  private final boolean gaps;
  private double lastSequence = -1;
  private int inThisRead;

  /** @param gaps whether sequences may be missing: entries may have been removed from the store */
  BenchReader(BenchLoop loop, BenchKey key, long runId, boolean gaps) {
    super(loop);
    this.gaps = gaps;
    this.key = key;
    this.runId = runId;
  }

  @Override
  void hello() {
    subscribe();
    // Answered in order: the hub knows of the subscription by then, and nobody writes before.
    send(new ClientMessage.Ping(0));
  }

  @Override
  void pong() {
    ready();
  }

  final void subscribe() {
    send(new ClientMessage.RequestChanges(key.publicKey, 0, false));
  }

  @Override
  public void entry(double sequence, byte[] frame, int from, int length) {
    boolean follows = lastSequence < 0
        ? sequence >= 0
        : gaps ? sequence > lastSequence : sequence == lastSequence + 1;
    if (!follows) {
      loop.fail("sequence " + (long) sequence + " after " + (long) lastSequence);
    }
    lastSequence = sequence;
    inThisRead++;
    if (length >= BenchTemplate.STAMP_BYTES && (long) LONGS.get(frame, from) == runId) {
      loop.delivered(System.nanoTime() - (long) LONGS.get(frame, from + 8));
    }
  }

  @Override
  public void readDone() {
    if (inThisRead > 0) {
      key.delivered.addAndGet(inThisRead);
      inThisRead = 0;
      for (BenchWriter writer : key.writers) {
        writer.loop.run(writer::pump);
      }
    }
  }
}
