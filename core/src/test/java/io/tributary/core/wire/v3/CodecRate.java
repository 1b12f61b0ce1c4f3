package io.tributary.core.wire.v3;

import io.tributary.core.wire.v3.ClientMessage.SealedItem;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;

/** Prints how many messages per second of processor time one thread decodes and encodes; a sanity check, no test. */
final class CodecRate {
  private static final int ROUNDS = 6;
  private static final int MESSAGES = 1_000_000;

  // Not the clock on the wall: the machine may be busy with other things.
  private static final ThreadMXBean CPU = ManagementFactory.getThreadMXBean();

  private CodecRate() {}

  public static void main(String[] args) throws MalformedMessageException {
    ClientMessage write = new ClientMessage.WriteEntries(
        "7ba0a2f8-efc1-4f51-b501-9901fc9a0ebb",
        7,
        new byte[12],
        List.of(new SealedItem(new byte[16], new byte[200])));
    measure("WriteEntries of one 200-byte entry", write);
    measure("Ping", new ClientMessage.Ping(7));
  }

  private static void measure(String name, ClientMessage message) throws MalformedMessageException {
    byte[] frame = V3Codec.encode(message);
    long sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long start = CPU.getCurrentThreadCpuTime();
      for (int i = 0; i < MESSAGES; i++) {
        sum += V3Codec.decodeClient(frame) == message ? 1 : 2;
      }
      long decoded = CPU.getCurrentThreadCpuTime();
      for (int i = 0; i < MESSAGES; i++) {
        sum += V3Codec.encode(message).length;
      }
      long encoded = CPU.getCurrentThreadCpuTime();
      System.out.printf(
          "%s: %.2f million/s decoded, %.2f million/s encoded (%d)%n",
          name, MESSAGES * 1e3 / (decoded - start), MESSAGES * 1e3 / (encoded - decoded), sum & 1);
    }
  }
}
