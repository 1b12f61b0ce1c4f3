package io.tributary.core.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Big-endian longs in byte arrays. */
final class Longs {
  private static final VarHandle VIEW =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Longs() {}

  static long get(byte[] bytes, int offset) {
    return (long) VIEW.get(bytes, offset);
  }

  static void put(byte[] bytes, int offset, long value) {
    VIEW.set(bytes, offset, value);
  }
}
