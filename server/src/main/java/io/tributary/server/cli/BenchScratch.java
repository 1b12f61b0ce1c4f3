package io.tributary.server.cli;

/** A byte array that the sockets of one event loop use in turn. */
final class BenchScratch {
  private byte[] bytes = new byte[64 * 1024];

  byte[] ofAtLeast(int length) {
    if (bytes.length < length) {
      bytes = new byte[length];
    }
    return bytes;
  }
}
