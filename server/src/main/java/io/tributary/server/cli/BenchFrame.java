package io.tributary.server.cli;

/** WebSocket frames as a client sends them (RFC 6455, section 5.2). */
final class BenchFrame {
  static final int CONTINUATION = 0x0;
  static final int BINARY = 0x2;
  static final int CLOSE = 0x8;
  static final int PING = 0x9;
  static final int PONG = 0xa;

  private BenchFrame() {}

  /** A whole binary message, masked with {@code key}. The message is at the end of the array. */
  static byte[] binary(byte[] message, int key) {
    return frame(BINARY, message, key);
  }

  /** A whole message of any kind, masked with {@code key}. */
  static byte[] frame(int opcode, byte[] message, int key) {
    int lengthBytes = message.length < 126 ? 0 : message.length < 1 << 16 ? 2 : 8;
    byte[] frame = new byte[2 + lengthBytes + 4 + message.length];
    frame[0] = (byte) (0x80 | opcode);
    frame[1] = (byte) (0x80 | (lengthBytes == 0 ? message.length : lengthBytes == 2 ? 126 : 127));
    int at = 2;
    for (int shift = 8 * (lengthBytes - 1); shift >= 0; shift -= 8) {
      frame[at++] = (byte) ((long) message.length >>> shift);
    }
    for (int i = 0; i < 4; i++) {
      frame[at++] = maskByte(key, i);
    }
    for (int i = 0; i < message.length; i++) {
      frame[at++] = (byte) (message[i] ^ maskByte(key, i));
    }
    return frame;
  }

  /** What masks eight bytes of a message from {@code offset} on, as a big-endian long. */
  static long mask(int key, int offset) {
    int turned = Integer.rotateLeft(key, 8 * (offset & 3));
    return ((long) turned << 32) | (turned & 0xffffffffL);
  }

  private static byte maskByte(int key, int offset) {
    return (byte) (key >>> (24 - 8 * (offset & 3)));
  }
}
