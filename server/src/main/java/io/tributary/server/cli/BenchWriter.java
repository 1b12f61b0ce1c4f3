package io.tributary.server.cli;

import io.tributary.core.wire.v3.ClientMessage;
import io.vertx.core.buffer.Buffer;

/** Writes as fast as its window lets it. Subscribed to its own identity, as every client is. */
final class BenchWriter extends BenchPeer {
  private final BenchRun run;
  private final BenchKey key;
  private final BenchTemplate template;
  private final int batch;

  /** A write's id is its slot plus a multiple of the window, so an id tells its slot. */
  private final int[] nextId;

  private final long[] sentNanos;
  private final int[] freeSlots;
  private int free;

  BenchWriter(BenchLoop loop, BenchRun run, BenchKey key) {
    super(loop);
    BenchPlan plan = run.plan;
    this.run = run;
    this.key = key;
    this.batch = plan.batch();
    this.template =
        new BenchTemplate(key.publicKey, batch, plan.payload(), run.runId, loop.random());
    this.nextId = new int[plan.window()];
    this.sentNanos = new long[plan.window()];
    this.freeSlots = new int[plan.window()];
    for (int slot = 0; slot < plan.window(); slot++) {
      nextId[slot] = slot;
      freeSlots[plan.window() - 1 - slot] = slot;
    }
    this.free = plan.window();
    key.writers.add(this);
  }

  @Override
  void hello() {
    send(new ClientMessage.RequestChanges(key.publicKey, 0, false));
    ready();
  }

  @Override
  void ack(int id, int count) {
    int slot = id % nextId.length;
    if (id < 0 || nextId[slot] != id + nextId.length) {
      loop.fail("an ack for a write that isn't in flight: " + id);
      return;
    }
    if (count != batch) {
      loop.fail("an ack with " + count + " sequences for a write of " + batch);
      return;
    }
    freeSlots[free++] = slot;
    key.acked.addAndGet(batch);
    loop.acked(batch, System.nanoTime() - sentNanos[slot]);
  }

  @Override
  public void readDone() {
    pump();
  }

  /** Sends what may be sent, all of it in one go. */
  void pump() {
    Buffer out = null;
    while (free > 0
        && key.behind() < (long) batch * nextId.length * key.writers.size()
        && run.takeWrite()) {
      if (out == null) {
        out = Buffer.buffer();
      }
      int slot = freeSlots[--free];
      int id = nextId[slot];
      nextId[slot] = id + nextId.length;
      long now = System.nanoTime();
      sentNanos[slot] = now;
      key.sent.addAndGet(batch);
      template.appendTo(out, id, loop.ids(), now);
    }
    if (out != null) {
      socket().write(out);
    }
  }
}
